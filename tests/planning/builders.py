"""Builders: small planning problems in mu and days that can be worked out in the head."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from parcelplan.dates import StatutoryClock
from parcelplan.planning.problem import (
    Candidate,
    Demand,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    YearlyQuota,
)
from parcelplan.site import SiteConfig
from parcelplan.units import from_mu

AS_OF = date(2024, 1, 2)
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)


@dataclass
class Case:
    """A problem in the making: areas in mu by parcel, everything else where it matters."""

    areas_mu: dict[str, float]
    phases: dict[str, int] = field(default_factory=dict)
    ready: dict[str, date] = field(default_factory=dict)
    works: dict[str, str] = field(default_factory=dict)
    as_of: date = AS_OF
    horizon_end: date = date(2025, 12, 31)
    clock: StatutoryClock = CLOCK
    per_month: int | None = None
    quota_mu: dict[int, float] = field(default_factory=dict)
    order: bool = False
    windows: dict[int, tuple[date | None, date | None]] = field(default_factory=dict)
    triggers: tuple[OccupancyTrigger, ...] = ()
    later_quota_mu: float | None = None

    def problem(self) -> PlanningProblem:
        candidates = [
            Candidate(
                parcel_id=name,
                phase=self.phases.get(name, 1),
                area_m2=from_mu(mu),
                ready_on=max(self.as_of, self.ready.get(name, self.as_of)),
                last_work=self.works.get(name, ""),
            )
            for name, mu in self.areas_mu.items()
        ]
        return PlanningProblem(
            as_of=self.as_of,
            clock=self.clock,
            candidates=tuple(sorted(candidates, key=lambda item: (item.phase, item.parcel_id))),
            demands=tuple(self.demands(candidates)),
            later_quotas=tuple(
                YearlyQuota(year=year, quota_m2=from_mu(self.later_quota_mu))
                for year in range(self.horizon_end.year + 1, self.horizon_end.year + 30)
                if self.later_quota_mu is not None
            ),
        )

    def demands(self, candidates: list[Candidate]) -> list[Demand]:
        found: list[Demand] = [
            NetLand(phase=phase, ready_on={c.parcel_id: c.ready_on for c in candidates if c.phase == phase})
            for phase in sorted({item.phase for item in candidates})
        ]
        found += [PhaseOrder()] if self.order else []
        found += [YearlyQuota(year=year, quota_m2=from_mu(mu)) for year, mu in self.quota_mu.items()]
        found += [PhaseWindow(phase=p, earliest_on=a, latest_on=b) for p, (a, b) in self.windows.items()]
        found += self.triggers
        found += [ListingsPerMonth(per_month=self.per_month)] if self.per_month is not None else []
        return [*found, Horizon(end_on=self.horizon_end)]


def tiny_config(**settings: Any) -> SiteConfig:
    """A site.toml as a model, with only what planning reads."""
    base = {
        "id": "tiny",
        "name": {"en": "Tiny"},
        "crs": "EPSG:4523",
        "as_of": AS_OF,
        "horizon_end": date(2025, 12, 31),
        "layers": {"parcels": {"file": "parcels.gpkg"}},
    }
    return SiteConfig.model_validate(base | settings)


def tiny_readiness(*rows: tuple[str, int, float, str | None], stage: str = "net_land") -> pd.DataFrame:
    """Readiness from rows of parcel, phase, mu and ready_on."""
    return pd.DataFrame(
        {
            "phase": [row[1] for row in rows],
            "area_m2": [from_mu(row[2]) for row in rows],
            "stage": stage,
            "ready_on": pd.to_datetime([row[3] for row in rows]),
            "blocking": "",
            "last_gate": "",
            "last_work": "",
            "chain": "",
        },
        index=pd.Index([row[0] for row in rows], name="parcel_id"),
    )
