"""Findings: what is wrong with the data, as data. Readers and checks collect them and never stop at the first."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from parcelplan import catalogue
from parcelplan.errors import ParcelPlanError

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "info"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing to know about one feature.

    Severity, message, hint and the party that must act come from the catalogue entry of ``code``; the sentence may
    use ``layer``, ``feature_id``, ``field``, ``value`` and everything in ``params``.
    """

    code: str
    layer: str = ""
    feature_id: str = ""
    field: str = ""
    value: Any = None
    source: str = ""
    """Where the rule or the sentence stands: document and clause."""
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """``error`` stops a run, ``warning`` asks for a look, ``info`` tells what was done."""
        return catalogue.part(self.code, "severity", "error")  # type: ignore[return-value]

    @property
    def responsibility(self) -> str:
        """Who can mend it: ``data`` (owner of the files), ``planning`` (bureau), ``rules`` (owner of the rule pack)."""
        return catalogue.part(self.code, "responsibility", "data")

    def _fields(self) -> dict[str, Any]:
        own = {"layer": self.layer, "feature_id": self.feature_id, "field": self.field, "value": self.value}
        return own | dict(self.params)

    def message(self, lang: catalogue.Language = "en") -> str:
        """What was found, naming layer, feature, field and value."""
        return catalogue.text(self.code, lang, **self._fields())

    def hint(self, lang: catalogue.Language = "en") -> str:
        """What to do about it; empty where nothing needs doing."""
        template = catalogue.part(self.code, f"hint_{lang}")
        return template.format(**self._fields())

    def record(self, lang: catalogue.Language = "en") -> dict[str, Any]:
        """Flat record for tables, JSON and reports."""
        return {
            "code": self.code,
            "severity": self.severity,
            "layer": self.layer,
            "feature_id": self.feature_id,
            "field": self.field,
            "value": "" if self.value is None else str(self.value),
            "message": self.message(lang),
            "hint": self.hint(lang),
            "responsibility": self.responsibility,
            "source": self.source,
        }


class Findings(Sequence[Finding]):
    """An immutable list of findings that knows its errors."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._findings = tuple(findings)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Findings:
        """Give one finding, or a slice as Findings."""
        picked = self._findings[index]
        return picked if isinstance(picked, Finding) else Findings(picked)

    def __len__(self) -> int:
        """Count the findings."""
        return len(self._findings)

    def __iter__(self) -> Iterator[Finding]:
        """Iterate in the order found."""
        return iter(self._findings)

    def __add__(self, other: Iterable[Finding]) -> Findings:
        """Join two lists."""
        return Findings((*self._findings, *other))

    def __repr__(self) -> str:
        """Count by severity."""
        return f"Findings({dict(self.counts())})"

    def of(self, severity: Severity) -> Findings:
        """Only those of one severity."""
        return Findings(item for item in self._findings if item.severity == severity)

    def codes(self) -> set[str]:
        """The codes that occur."""
        return {item.code for item in self._findings}

    def counts(self) -> Counter[str]:
        """How many of each severity."""
        return Counter(item.severity for item in self._findings)

    def records(self, lang: catalogue.Language = "en") -> list[dict[str, Any]]:
        """Flat records, errors first, otherwise in the order found."""
        order = {"error": 0, "warning": 1, "info": 2}
        return [item.record(lang) for item in sorted(self._findings, key=lambda item: order[item.severity])]

    def to_frame(self, lang: catalogue.Language = "en") -> pd.DataFrame:
        """A table with one row a finding."""
        import pandas as pd  # noqa: PLC0415 - findings stand below pandas users and must stay quick to import

        columns = list(Finding(code="finding.none").record()) if not self._findings else None
        return pd.DataFrame(self.records(lang), columns=columns)

    def raise_if_errors(self) -> Findings:
        """Raise one :class:`FindingsError` that names every error; return self where there is none."""
        if self.of("error"):
            raise FindingsError(self)
        return self


class FindingsError(ParcelPlanError):
    """The data hold errors; ``findings`` lists them all."""

    exit_code: ClassVar[int] = 1

    def __init__(self, findings: Findings) -> None:
        super().__init__("error.findings", count=len(findings.of("error")))
        self.findings = findings

    def message(self, lang: catalogue.Language = "en") -> str:
        """The count, then one line for every error with its remedy."""
        lines = [super().message(lang)]
        lines += [
            f"  {item.code}: {item.message(lang)} {item.hint(lang)}".rstrip()
            for item in self.findings.of("error")
        ]
        return "\n".join(lines)
