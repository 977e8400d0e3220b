"""How errors leave: as JSON in the one shape, or as a page that says the same to a reader with a browser."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.errors import ParcelPlanError
from service.dependencies import language_of, wants_page
from service.errors import Problem, problem, problem_of
from service.templating import render

EXPECTED = {
    "date": "date",
    "datetime": "date",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "literal": "choice",
    "enum": "choice",
}
"""First part of pydantic's name of a mistake → the catalogue entry below ``service.expected``."""


def handle_errors(app: FastAPI) -> None:
    """Give the application's errors their one shape."""

    def on_own(request: Request, error: Exception) -> Response:
        return answer(request, problem_of(cast("ParcelPlanError", error), language_of(request)))

    def on_http(request: Request, error: Exception) -> Response:
        known = cast("HTTPException", error)
        return answer(request, _of_status(request, known.status_code), known.headers)

    def on_query(request: Request, error: Exception) -> Response:
        return answer(request, _of_query(cast("RequestValidationError", error), language_of(request)))

    app.add_exception_handler(ParcelPlanError, on_own)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_query)


def failure(request: Request, request_id: str) -> Response:
    """Answer a request that failed for a reason nobody foresaw: its number, and nothing else."""
    return answer(request, problem(500, "service.failure", language_of(request), request_id=request_id))


def answer(request: Request, told: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error: a page for a browser that asked for a page, JSON for everyone else."""
    known = {**(headers or {}), "Cache-Control": "no-store"}
    if told.status == HTTPStatus.SERVICE_UNAVAILABLE:
        known["Retry-After"] = "30"
    if not wants_page(request):
        return JSONResponse(told.body(), told.status, headers=known)
    return HTMLResponse(
        render(
            request,
            "error.html",
            language_of(request),
            problem=told,
            findings=told.params.get("findings", []),
        ),
        told.status,
        headers=known,
    )


def _of_status(request: Request, status: int) -> Problem:
    lang, path = language_of(request), request.url.path
    if status == HTTPStatus.NOT_FOUND:
        return problem(status, "service.no_such_page", lang, path=path)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem(status, "service.no_such_method", lang, path=path, method=request.method)
    return problem(status, "service.refused", lang, path=path, status=status)


def _of_query(error: RequestValidationError, lang: Language) -> Problem:
    """Say of every parameter that was not understood what stands in it and what should."""
    mistakes = [_mistake(item, lang) for item in error.errors()]
    lines = [catalogue.text("service.bad_parameter", lang, **item) for item in mistakes]
    return Problem(
        status=422,
        code="service.bad_parameter",
        message=("；" if lang == "zh" else "; ").join(lines),
        params={"problems": mistakes},
    )


def _mistake(item: Mapping[str, Any], lang: Language) -> dict[str, str]:
    expected = EXPECTED.get(item["type"].partition("_")[0], "other")
    known = str(item.get("ctx", {}).get("expected", ""))
    return {
        "name": str(item["loc"][1]),
        "value": str(item["input"])[:80],
        "expected": catalogue.text(f"service.expected.{expected}", lang, known=known),
    }
