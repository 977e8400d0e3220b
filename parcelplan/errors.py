"""The caller's mistakes and the calls that cannot be answered: one tree, each class with its exit code.

Mistakes of the data are findings (:mod:`parcelplan.findings`), not errors.
"""

from __future__ import annotations

from typing import Any, ClassVar

from parcelplan import catalogue


class ParcelPlanError(Exception):
    """Base of all errors this package raises on purpose.

    Parameters
    ----------
    code
        Entry of the catalogue that holds the sentence, such as ``error.no_file``.
    **params
        Values for the sentence: the thing that is wrong and what would mend it.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def message(self, lang: catalogue.Language = "en") -> str:
        """Say in one language what is wrong and what to do about it."""
        return catalogue.text(self.code, lang, **self.params)

    def __str__(self) -> str:
        """Give the English sentence, for tracebacks and logs."""
        return self.message("en")


class InputError(ParcelPlanError):
    """A file or folder is missing, unreadable or empty."""


class ConfigError(ParcelPlanError):
    """site.toml, an option or an argument says something that cannot be."""


class CrsError(ParcelPlanError):
    """A coordinate reference system is missing, unknown or not in metres."""


class NotFoundError(ParcelPlanError):
    """A parcel, scenario, site or rule of that name does not exist."""


class WorkCycleError(ParcelPlanError):
    """Works wait for one another in a circle, so that none can begin."""


class InfeasibleError(ParcelPlanError):
    """No plan can meet all demands together; the message names them."""

    exit_code = 3


class NoSolutionYetError(ParcelPlanError):
    """The time limit ended the search before any plan was found; says nothing about whether one exists."""

    exit_code = 4
