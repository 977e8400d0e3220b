"""The application: its parts put together. Nothing is made at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from pydantic import ValidationError
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from parcelplan import __version__
from parcelplan.catalogue import text
from parcelplan.errors import ConfigError
from service import answers
from service.library import Library
from service.routes import api, pages
from service.routes.uploads import uploads_router
from service.schemas import ErrorAnswer
from service.security import Guard
from service.settings import Settings
from service.views import VIEWS

SILENT: TelemetryConfig = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}
"""The framework can send measurements away where an environment variable says so; this service never does."""
ERRORS = {404: "not_found", 409: "conflict", 422: "unacceptable"}
"""Statuses every route may answer, and the catalogue entry below ``service.status`` that says when."""


class Service(FastAPI):
    """An application that documents its errors as they leave it: as JSON, whatever a route answers otherwise."""

    def openapi(self) -> dict[str, Any]:
        """The API's description."""
        described = super().openapi()
        for methods in described["paths"].values():
            for status, answer in next(iter(methods.values()))["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    answer["content"] = {"application/json": next(iter(answer["content"].values()))}
        return described


def create_app(settings: Settings) -> FastAPI:
    """Make the service.

    Parameters
    ----------
    settings
        Which sites it serves and how.

    Raises
    ------
    ParcelPlanError
        A folder holds no readable site, or two hold sites of the same id.
    """
    library = Library(settings, VIEWS)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if settings.prepare:
            library.prepare()
        yield

    app = Service(
        title=settings.title or "parcelplan",
        version=__version__,
        description=text("service.api", "en"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        telemetry=SILENT,
        swagger_ui_oauth2_redirect_url=None,
        lifespan=lifespan,
        responses={
            status: {"model": ErrorAnswer, "description": text(f"service.status.{name}", "en")}
            for status, name in ERRORS.items()
        },
    )
    app.state.library = library
    uploads = uploads_router(settings.uploads_at_once)
    for router in (api.router, api.of_site, uploads, pages.files, pages.router, pages.of_site):
        app.include_router(router)
    app.mount("/static/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]), name="swagger")
    app.mount("/static", StaticFiles(packages=[("service", "static")]), name="static")
    answers.handle_errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.allowed_origins, allow_methods=["GET", "POST"]
        )
    app.add_middleware(Guard, answer_failure=answers.failure)
    return app


def app_from_environment() -> FastAPI:
    """Make the service from environment variables; see :class:`service.settings.Settings`.

    Raises
    ------
    ConfigError
        No sites are named, or a variable holds what cannot be; the message names each.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        reasons = [f"PARCELPLAN_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
        raise ConfigError("service.bad_settings", reasons="; ".join(reasons)) from error
    return create_app(settings)
