"""What is known of a site before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import pandas as pd

from parcelplan.dates import StatutoryClock
from parcelplan.land.calendars import Diary, SiteCalendar, read_calendars
from parcelplan.planning.building.earlier import EarlierTransfer
from parcelplan.rules import RuleSet
from parcelplan.site import Site


@dataclass(frozen=True, kw_only=True)
class Ground:
    """An assessed site, and the transfers of an earlier plan of it.

    The frames are those of :mod:`parcelplan.land`, for works that are dated without crews and money.
    """

    site: Site
    """With the works in the modes that ``[plan]`` fixes."""
    rules: RuleSet
    schedule: pd.DataFrame
    constraints: gpd.GeoDataFrame
    gates: pd.DataFrame
    readiness: pd.DataFrame
    clock: StatutoryClock
    earlier: Mapping[str, EarlierTransfer] = field(default_factory=dict)
    """Transfers of the earlier plan, by parcel or piece."""

    @cached_property
    def calendars(self) -> dict[str, SiteCalendar]:
        """The site's calendars, by id."""
        return read_calendars(self.site)

    @cached_property
    def diary(self) -> Diary:
        """Open days of the calendars."""
        return Diary(self.calendars)
