"""One shape for every error that leaves the service, and the status of each class of mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.errors import (
    ConfigError,
    CrsError,
    InfeasibleError,
    InputError,
    NoSolutionYetError,
    NotFoundError,
    ParcelPlanError,
    WorkCycleError,
)
from parcelplan.findings import FindingsError
from parcelplan.io.vector.geojson import plain


class QueryError(ParcelPlanError):
    """A parameter of the request says something that cannot be."""


class UploadError(ParcelPlanError):
    """An upload is no form with a file, or its file cannot be read."""


class TooLargeError(ParcelPlanError):
    """An upload holds more than may be."""


STATUS: Mapping[type[ParcelPlanError], int] = {
    NotFoundError: 404,
    FindingsError: 409,
    WorkCycleError: 409,
    CrsError: 409,
    InfeasibleError: 409,
    TooLargeError: 413,
    QueryError: 422,
    UploadError: 422,
    ConfigError: 422,
    InputError: 503,
    NoSolutionYetError: 503,
    ParcelPlanError: 500,
}
"""Status of an error: that of the first class in its ancestry that stands here."""

_FOLDERS = re.compile(
    r"(?<![A-Za-z0-9_.])(?:[A-Za-z]:[\\/]|/(?=[A-Za-z0-9_.~-]+/))(?:[^\\/\n\"'<>|:]+[\\/])*"
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error on its way to whoever asked, in one language."""

    status: int
    code: str
    message: str
    hint: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The one shape: ``{"error": {"code", "message", "hint"?, "params"?}}``."""
        told = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "params": plain(dict(self.params)),
        }
        return {"error": {name: value for name, value in told.items() if value}}


def problem(status: int, code: str, lang: Language, /, **params: Any) -> Problem:
    """Say what a catalogue code says, with its hint and the values it was filled with."""
    hint = catalogue.part(code, f"hint_{lang}").format(**params)
    return Problem(
        status=status, code=code, message=catalogue.text(code, lang, **params), hint=hint, params=params
    )


def problem_of(error: ParcelPlanError, lang: Language) -> Problem:
    """Turn an error of the library into what may leave the house: folders of this machine stay inside."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if isinstance(error, FindingsError):
        errors = error.findings.of("error")
        told = problem(status, "service.data_errors", lang, count=len(errors))
        return Problem(
            status=status,
            code=told.code,
            message=told.message,
            hint=told.hint,
            params={"findings": errors.records(lang)},
        )
    return problem(
        status, error.code, lang, **{name: without_folders(value) for name, value in error.params.items()}
    )


def without_folders(value: Any) -> Any:
    """Leave of a path its last name, and of a text its paths' last names.

    Examples
    --------
    >>> without_folders("no such file: '/land/sites/a.gpkg'")
    "no such file: 'a.gpkg'"
    """
    if isinstance(value, Path):
        return value.name
    if isinstance(value, str | BaseException):
        return _FOLDERS.sub("", str(value))
    return value
