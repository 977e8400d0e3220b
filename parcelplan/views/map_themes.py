"""Ways to colour the parcels: by phase, readiness, month and verdict, and by their state at a month."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan.catalogue import text
from parcelplan.dates import month_end, months_between
from parcelplan.units import to_mu
from parcelplan.views import palette
from parcelplan.views.tables import phase_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from parcelplan.catalogue import Language
    from parcelplan.study import Study

MONTH_CLASSES = 12
"""More months than this in one legend are drawn by quarter."""


@dataclass(frozen=True, kw_only=True)
class LegendClass:
    """One sign of a legend: its key, its words and its fill."""

    key: str
    label: str
    color: str
    pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """A way to colour the parcels: the classes of its legend, and the class of each parcel."""

    id: str
    classes: tuple[LegendClass, ...]
    keys: pd.Series
    """Key of the class, by parcel_id."""

    def places(self) -> pd.Series:
        """Place of each parcel's class in ``classes``."""
        order = {item.key: place for place, item in enumerate(self.classes)}
        return self.keys.map(order).astype(int)


def sentence_case(label: str) -> str:
    """Write the first letter large, as legends do."""
    return label[:1].upper() + label[1:]


def month_label(day: date, lang: Language) -> str:
    """Month and year in words."""
    return text("map.month", lang, year=day.year, month=day.month, name=calendar.month_abbr[day.month])


def static_themes(study: Study, table: gpd.GeoDataFrame, lang: Language) -> list[Theme]:
    """All themes that show one state of affairs; ``table`` is the table of parcels."""
    return [
        phase_theme(study, table, lang),
        _listed("stage", table["stage"], palette.STAGES, lang, "stage"),
        ready_theme(study, table, lang),
        month_theme("transfer", table["transfer_on"], pd.Series("none", index=table.index), lang),
        _listed("verdict", table["worst_verdict"], palette.VERDICTS, lang, "map.verdict"),
    ]


def phase_theme(study: Study, table: gpd.GeoDataFrame, lang: Language) -> Theme:
    """Parcels by the phase in which the bureau means to transfer them."""
    phases = sorted(int(phase) for phase in table["phase"].unique())
    classes = [
        LegendClass(key=str(phase), label=phase_name(study, phase, lang), color=palette.phase_colour(phase))
        for phase in phases
    ]
    return Theme(id="phase", classes=tuple(classes), keys=table["phase"].astype(int).astype(str))


_PATTERNS = {"barred": "barred", "unknown": "unknown"}


def _listed(name: str, keys: pd.Series, colours: palette.Style, lang: Language, prefix: str) -> Theme:
    """Theme over a fixed list of values, of which those that occur make the legend."""
    present = set(keys)
    classes = [
        LegendClass(
            key=key,
            label=sentence_case(text(f"{prefix}.{key}", lang)),
            color=color,
            pattern=_PATTERNS.get(key, ""),
        )
        for key, color in colours.items()
        if key in present
    ]
    return Theme(id=name, classes=tuple(classes), keys=keys)


def ready_theme(study: Study, table: gpd.GeoDataFrame, lang: Language) -> Theme:
    """Parcels by the month in which they are ready; what is ready already has a class of its own."""
    as_of = pd.Timestamp(study.site.config.as_of)
    missing = table["stage"].map(lambda stage: "unknown" if stage == "unknown" else "never")
    return month_theme("ready", table["ready_on"], missing, lang, already=as_of)


def month_theme(
    name: str, days: pd.Series, missing: pd.Series, lang: Language, already: pd.Timestamp | None = None
) -> Theme:
    """Theme by month, or by quarter where months are many.

    Parameters
    ----------
    name
        Id of the theme.
    days
        Day of each parcel, NaT where it has none.
    missing
        Key of the class for a parcel without a day: ``none``, ``never`` or ``unknown``.
    lang
        Language of the legend.
    already
        Days up to this one make one class, ``already``.
    """
    frequency = "M" if days.dropna().dt.to_period("M").nunique() <= MONTH_CLASSES else "Q"
    keys = days.dt.to_period(frequency).astype(str).where(days.notna(), missing)
    if already is not None:
        keys = keys.mask(days.notna() & (days <= already), "already")
    fixed = ("already", "none", "never", "unknown")
    periods = sorted(set(keys) - set(fixed))
    colours = palette.sequential(len(periods)) if periods else []
    classes = [
        LegendClass(key=key, label=_period_label(key, lang), color=color)
        for key, color in zip(periods, colours, strict=True)
    ]
    present = [key for key in fixed if key in set(keys)]
    extra = {
        key: LegendClass(key=key, label=text(f"map.class.{key}", lang), **_FIXED[key]) for key in present
    }
    first = [extra.pop("already")] if "already" in extra else []
    return Theme(id=name, classes=(*first, *classes, *extra.values()), keys=keys)


_FIXED: dict[str, dict[str, str]] = {
    "already": {"color": palette.STATES["ready"]},
    "none": {"color": palette.UNKNOWN, "pattern": "unknown"},
    "never": {"color": palette.STAGES["barred"], "pattern": "barred"},
    "unknown": {"color": palette.UNKNOWN, "pattern": "unknown"},
}


def _period_label(key: str, lang: Language) -> str:
    """Words for ``2024-06`` or ``2024Q2``."""
    year, quarter = key[:4], key[5:]
    if "Q" in key:
        return text("map.quarter", lang, year=year, quarter=quarter)
    return month_label(date(int(year), int(quarter), 1), lang)


def states_at(table: gpd.GeoDataFrame, on: date) -> pd.Series:
    """What each parcel is at the end of a day: ``waiting, ready, on_notice, transferred``."""
    day = pd.Timestamp(on)
    state = pd.Series("waiting", index=table.index)
    for key, column in (("ready", "ready_on"), ("on_notice", "notice_on"), ("transferred", "transfer_on")):
        state = state.mask(table[column].notna() & (table[column] <= day), key)
    return state


def timeline_classes(lang: Language) -> tuple[LegendClass, ...]:
    """Legend of the timeline, in the order in which a parcel passes through it."""
    return tuple(
        LegendClass(key=key, label=text(f"map.state.{key}", lang), color=color)
        for key, color in palette.STATES.items()
    )


def stop_days(study: Study, table: gpd.GeoDataFrame) -> list[date]:
    """Days on which the timeline can stop: ``as_of``, then each month's end until nothing changes any more.

    The last one is the month of the last transfer, of the last parcel's readiness or of the last change of
    the developable land, whichever is latest, but not after the site's horizon.
    """
    as_of, horizon = study.site.config.as_of, study.site.config.horizon_end
    last = [
        table["transfer_on"].max(),
        table["ready_on"].max(),
        pd.Timestamp(max(study.curve.index, default=as_of)),
    ]
    until = min(horizon, max([as_of, *(day.date() for day in last if pd.notna(day))]))
    ends = [month_end(month) for month in months_between(as_of, until)]
    return [as_of, *(day for day in ends if day > as_of)]


def stops(
    study: Study, table: gpd.GeoDataFrame, days: Sequence[date], lang: Language
) -> list[dict[str, Any]]:
    """Date, label and figures of each stop: land developable, ready, on notice and transferred, in mu.

    ``ready_mu`` counts what is ready and not yet on notice; the four states together are the whole site.
    """
    curve = study.curve["developable_m2"].sort_index()
    curve.index = pd.to_datetime(curve.index)
    rows = []
    for place, day in enumerate(days):
        area_mu = to_mu(table["area_m2"].groupby(states_at(table, day)).sum())
        figures = {f"{key}_mu": round(float(area_mu.get(key, 0.0)), 2) for key in palette.STATES}
        developable_m2 = float(curve.reindex([pd.Timestamp(day)], method="ffill").iloc[0])
        rows.append(
            {
                "on": day.isoformat(),
                "label": month_label(day, lang),
                "note": text("map.stop.as_of" if place == 0 else "map.stop.month_end", lang, day=day),
                "developable_mu": round(to_mu(developable_m2), 2),
                **figures,
            }
        )
    return rows
