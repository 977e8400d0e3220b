"""What all chunks come to: findings with counts instead of one a parcel, sums, and rows that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parcelplan.catalogue import Language
from parcelplan.city.layers import FIRST
from parcelplan.city.request import ChunkReport, Oddity
from parcelplan.findings import Finding, Findings
from parcelplan.io.guard.transfer import error_of
from parcelplan.io.streams import ChunkRef


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a screening came to."""

    out: Path
    """The file; not there where ``finished`` is false, or where no chunk could be done."""
    finished: bool
    """Whether all was tried; false where the run was stopped, to go on when it is called again."""
    rows: int
    """Parcels screened, those of an earlier run among them."""
    resumed_rows: int
    missing_rows: int
    """Parcels of chunks that could not be done."""
    chunks: int
    seconds: float
    totals: dict[str, float]
    """Sum of every column of areas, m²."""
    findings: Findings = field(default_factory=Findings)

    @property
    def parcels_per_second(self) -> float:
        """Parcels that this run screened in a second, reading and writing included."""
        return (self.rows - self.resumed_rows) / self.seconds if self.seconds else 0.0

    def record(self, lang: Language) -> dict[str, Any]:
        """Flat record for programs."""
        return {
            "out": str(self.out) if self.out.exists() else None,
            "finished": self.finished,
            "rows": self.rows,
            "resumed_rows": self.resumed_rows,
            "missing_rows": self.missing_rows,
            "chunks": self.chunks,
            "seconds": round(self.seconds, 3),
            "parcels_per_second": round(self.parcels_per_second, 1),
            "totals": self.totals,
            "findings": self.findings.records(lang),
        }


def gathered(
    reports: Iterable[ChunkReport], refs: Sequence[ChunkRef], parcels: Path, lang: Language = "en"
) -> Findings:
    """Findings about the parcels: each oddity once with its count, and each chunk that could not be done.

    Parameters
    ----------
    reports
        Of all chunks, in any order.
    refs
        The chunks, which tell where one lies.
    parcels
        The file, or the folder of partitions, that they are of.
    lang
        Language of the reasons that are quoted.
    """
    ordered = sorted(reports, key=lambda report: report.number)
    by_number = {ref.number: ref for ref in refs}
    codes = sorted({code for report in ordered for code in report.oddities})
    findings = [
        _told(code, [report.oddities[code] for report in ordered if code in report.oddities])
        for code in codes
    ]
    lost = [report for report in ordered if report.failure is not None]
    findings += [_lost(report, by_number[report.number], parcels, lang) for report in lost]
    if lost:
        rows = sum(report.rows for report in lost)
        findings.append(Finding(code="city.rows_missing", value=rows, params={"chunks": len(lost)}))
    return Findings(findings)


def _told(code: str, oddities: Sequence[Oddity]) -> Finding:
    count = sum(item.count for item in oddities)
    first = [name for item in oddities for name in item.first][:FIRST]
    shown = ", ".join(first) + (" …" if count > len(first) else "")
    params = {"first": shown, "area": sum(item.value for item in oddities)}
    return Finding(code=code, value=count, params=params)


def _lost(report: ChunkReport, ref: ChunkRef, parcels: Path, lang: Language) -> Finding:
    reason = error_of(report.failure or {}).message(lang)
    last = ref.first_row + max(ref.rows, 1) - 1
    params = {"reason": reason, "first_row": ref.first_row, "last_row": last}
    # The rows may have been read from a copy of ours, which says nothing to the user.
    name = ref.path.name if ref.path.parent == parcels else parcels.name
    return Finding(code="city.chunk_failed", layer=name, value=ref.rows, params=params)


def summed(reports: Iterable[ChunkReport]) -> dict[str, float]:
    """Totals of all chunks, added in their order so that an engine's haste does not show in the last digit."""
    totals: dict[str, float] = {}
    for report in sorted(reports, key=lambda report: report.number):
        for name, value in report.totals.items():
            totals[name] = totals.get(name, 0.0) + value
    return totals
