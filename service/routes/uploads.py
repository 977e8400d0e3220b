"""Files that are sent to be looked into; nothing of them is kept."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from parcelplan.catalogue import text
from service.dependencies import ApiLanguage, LibraryHere
from service.schemas import ErrorAnswer, UploadAnswer
from service.uploads import inspected, received

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "One file; a dataset of several files, such as a shapefile, as a zip.",
                        },
                        "layer": {"type": "string", "description": "Layer or sheet; all layers by default."},
                        "crs": {"type": "string", "description": "Confirms a proposed CRS, or supplies one."},
                        "encoding": {"type": "string", "description": "Overrides a guessed encoding."},
                    },
                }
            }
        },
    }
}
"""The form as the API's documentation shows it: it is read by hand, so that it can be counted while it comes."""


def uploads_router(at_once: int) -> APIRouter:
    """Make the route; ``at_once`` files are looked into at the same time, others wait."""
    router = APIRouter(prefix="/api/uploads", tags=["uploads"])
    places = asyncio.Semaphore(at_once)

    @router.post(
        "",
        summary="Look into a file",
        response_model=UploadAnswer,
        openapi_extra=FORM,
        responses={413: {"model": ErrorAnswer, "description": text("service.status.too_large", "en")}},
    )
    async def post_upload(request: Request, library: LibraryHere, lang: ApiLanguage) -> dict[str, Any]:
        """Say what a file holds: layers, fields, coordinates, encoding, findings.

        It is read in a process of its own, within limits, and removed before the answer is sent.
        """
        settings = library.settings
        async with received(request, settings) as upload, places:
            with tempfile.TemporaryDirectory(prefix="parcelplan-", ignore_cleanup_errors=True) as folder:
                return await run_in_threadpool(inspected, upload, Path(folder), settings, lang)

    return router
