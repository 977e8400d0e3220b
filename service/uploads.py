"""Files that come over the wire: counted while they come, kept for one request, read in a process of their own."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from parcelplan.catalogue import Language
from parcelplan.errors import ParcelPlanError
from parcelplan.io.guard.limits import MEBIBYTE, Limits
from parcelplan.io.guard.worker import layer_names_guarded, read_guarded, read_table_guarded
from parcelplan.io.inspecting import LayerFacts, layer_facts
from parcelplan.io.vector.reading import Reading, ReadOptions
from service.errors import TooLargeError, UploadError
from service.settings import Settings

TABLES = (".csv", ".xlsx", ".xlsm", ".xls")
LOOKED_INTO = 20
"""Layers of a file that are looked into where none is named."""
_FIELDS = 8
_LONGEST_NAME = 60
_FORM_BYTES = 65_536
"""Room for what a form holds beside its file."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file, with what its sender knows about it."""

    name: str
    content: BinaryIO
    options: ReadOptions


def limits_of(settings: Settings) -> Limits:
    """Limits of a read of an uploaded file."""
    return Limits(
        time_s=settings.upload_s,
        memory_bytes=settings.upload_memory_mib * MEBIBYTE,
        file_bytes=settings.upload_mib * MEBIBYTE,
        unpacked_bytes=settings.upload_unpacked_mib * MEBIBYTE,
    )


@asynccontextmanager
async def received(request: Request, settings: Settings) -> AsyncIterator[Upload]:
    """Take the form of a request, and no more of it than may be.

    Raises
    ------
    TooLargeError
        The request says, or turns out, to be longer than an upload may be; the rest of it is not read.
    UploadError
        It is no form with one file in ``file``.
    """
    limit = settings.upload_mib * MEBIBYTE
    too_large = TooLargeError("service.upload_too_large", limit=settings.upload_mib)
    if _announced(request) > limit + _FORM_BYTES:
        raise too_large
    counted = Request(request.scope, _counted(request.receive, limit + _FORM_BYTES, too_large))
    try:
        form = await counted.form(max_files=1, max_fields=_FIELDS, max_part_size=_FORM_BYTES // _FIELDS)
    except HTTPException as error:
        raise UploadError("service.upload_form", reason=error.detail) from error
    async with _closing(form):
        yield _upload(form)


@asynccontextmanager
async def _closing(form: FormData) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await form.close()


def _announced(request: Request) -> int:
    said = request.headers.get("content-length", "")
    return int(said) if said.isdecimal() and said.isascii() else 0


def _counted(receive: Receive, limit: int, error: ParcelPlanError) -> Receive:
    left = limit

    async def receive_counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise error
        return message

    return receive_counted


def _upload(form: FormData) -> Upload:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise UploadError("service.upload_form", reason="file")
    layer, crs, encoding = (str(form.get(name) or "") or None for name in ("layer", "crs", "encoding"))
    options = ReadOptions(layer=layer, crs=crs, encoding=encoding)
    return Upload(name=plain_name(file.filename), content=file.file, options=options)


def plain_name(given: str) -> str:
    r"""Leave of a sender's file name what can be a file's name here.

    Examples
    --------
    >>> plain_name("..\\..\\白市驿/宗地 1:2.shp.zip")
    '宗地 1_2.shp.zip'
    """
    last = PurePosixPath(given.replace("\\", "/"))
    stem = re.sub(r"[^\w.() -]", "_", last.stem)[:_LONGEST_NAME].lstrip(". ")
    suffix = re.sub(r"[^\w.]", "", last.suffix)[:_LONGEST_NAME]
    return f"{stem or 'file'}{suffix}"


def inspected(upload: Upload, folder: Path, settings: Settings, lang: Language) -> dict[str, Any]:
    """Tell what an uploaded file holds.

    Parameters
    ----------
    upload
        The file; it is written to ``folder`` under its own name.
    folder
        An empty folder that whoever calls removes.
    settings
        Their limits hold.
    lang
        Language of the findings.

    Raises
    ------
    UploadError
        The file cannot be read, or is refused.
    """
    path = folder / upload.name
    with path.open("wb") as file:
        shutil.copyfileobj(upload.content, file)
    look = _table if path.suffix.lower() in TABLES else _layers
    try:
        found = look(path, upload.options, limits_of(settings))
    except ParcelPlanError as error:
        refused = TooLargeError if error.code == "error.file_too_large" else UploadError
        raise refused(error.code, **error.params) from error
    return found | {"file": upload.name, "inspected": [item.record(lang) for item in found["inspected"]]}


def _table(path: Path, options: ReadOptions, limits: Limits) -> dict[str, Any]:
    frame, findings = read_table_guarded(path, sheet=options.layer, limits=limits)
    facts = layer_facts(frame, layer=options.layer or path.stem, findings=findings)
    return {"format": path.suffix.lower().lstrip("."), "layers": [], "inspected": [facts]}


def _layers(path: Path, options: ReadOptions, limits: Limits) -> dict[str, Any]:
    """Look into the layer asked for, or into all of them, the first ones where there are many."""
    names = layer_names_guarded(path, limits=limits)
    asked = [options.layer] if options.layer or not names else list(names[:LOOKED_INTO])
    readings = [read_guarded(path, replace(options, layer=name), limits) for name in asked]
    return {
        "format": readings[0].format,
        "layers": list(names or readings[0].layers),
        "inspected": [_facts(reading) for reading in readings],
    }


def _facts(reading: Reading) -> LayerFacts:
    return layer_facts(
        reading.frame,
        layer=reading.layer,
        encoding=reading.encoding,
        crs_proposal=reading.crs_proposal,
        findings=reading.findings,
    )
