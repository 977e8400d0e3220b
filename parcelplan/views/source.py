"""What the views need to know of a study; the study stands on the floor above and fits this shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from parcelplan.dates import StatutoryClock
    from parcelplan.findings import Findings
    from parcelplan.plan import Plan
    from parcelplan.site import Site


class LandSource(Protocol):
    """A site and what its land is like; no plan is needed for it."""

    @property
    def site(self) -> Site:
        """Layers, tables and settings as they were read."""

    @property
    def clock(self) -> StatutoryClock:
        """Statutory clock of a listing."""

    @property
    def schedule(self) -> pd.DataFrame:
        """Works in time, indexed by work_id."""

    @property
    def constraints(self) -> gpd.GeoDataFrame:
        """Corridors with the half-open period in which they hold, indexed by constraint_id."""

    @property
    def developable(self) -> gpd.GeoDataFrame:
        """Developable land per parcel at the site's ``as_of``."""

    @property
    def developable_final(self) -> gpd.GeoDataFrame:
        """Developable land per parcel on the day after the last work."""

    @property
    def developable_by_date(self) -> pd.DataFrame:
        """One row a parcel and date of change: parcel_id, on, blocked_m2, developable_m2."""

    @property
    def curve(self) -> pd.DataFrame:
        """Totals of the site by date of change, m²."""

    @property
    def gates(self) -> pd.DataFrame:
        """One row a gate of a parcel."""

    @property
    def readiness(self) -> pd.DataFrame:
        """Stage, ready_on and what blocks, indexed by parcel_id."""

    @property
    def findings(self) -> Findings:
        """What is wrong with the data and the plan."""


class StudySource(LandSource, Protocol):
    """A site with everything that was computed about it."""

    @property
    def verdicts(self) -> pd.DataFrame:
        """One row a rule and parcel or scheme."""

    @property
    def plan(self) -> Plan:
        """The transfers."""

    @property
    def announced_findings(self) -> Findings:
        """What is wrong with the announced plan."""
