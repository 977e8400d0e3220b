"""What the charts draw, as small tables: bars and ticks by row, land by day. Areas are in mu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.units import to_mu
from parcelplan.views import palette
from parcelplan.views.tables import (
    announced_phases,
    batch_table,
    code_name,
    parcel_table,
    phase_name,
    work_table,
)

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.study import Study

LATE, WAITING, WORK = "#d55e00", "#cfd6dc", "#56779a"
_DAY = pd.Timedelta(days=1)
_BAR = ["row", "order", "part", "color", "start", "end"]
_LAST = 999
# Land that blocks less than this share of the site at all times would be a line thinner than the axis.
_VISIBLE = 0.002


def say(code: str, lang: Language, **params: Any) -> str:
    """A text of the charts."""
    return catalogue.text(f"chart.{code}", lang, **params)


def work_bars(study: Study, lang: Language) -> pd.DataFrame:
    """Bars of the works: row, order, part, color, start and end, the first day after.

    A work runs to its end by durations; what follows up to the due date is float, what lies after it overrun.
    Works whose dates nobody knows have no bar.
    """
    rows: list[tuple[Any, ...]] = []
    for work_id, work in work_table(study).dropna(subset=["start_on", "ends_on"]).iterrows():
        row = _work_row(work_id, work["name"])
        start, ends, due = work["start_on"], work["ends_on"], work["due_on"]
        end = ends if pd.isna(work["forecast_on"]) else work["forecast_on"]
        on_time = end if pd.isna(due) else min(end, max(due, start - _DAY))
        rows.append((row, 0, say("part.work", lang), WORK, start, on_time + _DAY))
        rows.append((row, 1, say("part.overrun", lang), LATE, on_time + _DAY, end + _DAY))
        rows.append((row, 2, say("part.float", lang), WAITING, end + _DAY, ends + _DAY))
    return _bars(rows)


def batch_bars(study: Study, lang: Language) -> pd.DataFrame:
    """Bars of the batches: ready land that waits, then notice to transfer in the colour of the phase."""
    rows: list[tuple[Any, ...]] = []
    for _, batch in batch_table(study, lang).iterrows():
        row, phase = _batch_row(batch, lang), int(batch["phase"])
        rows.append((row, _LAST, say("part.waiting", lang), WAITING, batch["ready_on"], batch["notice_on"]))
        name, color = phase_name(study, phase, lang), palette.phase_colour(phase)
        rows.append((row, phase, name, color, batch["notice_on"], batch["transfer_on"] + _DAY))
    return _bars(rows)


def _bars(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=_BAR).astype({"start": "datetime64[s]", "end": "datetime64[s]"})
    return frame[frame["end"] > frame["start"]].reset_index(drop=True)


def _work_row(work_id: Any, name: Any) -> str:
    return f"{work_id} {name}"


def _batch_row(batch: pd.Series, lang: Language) -> str:
    area = f"{batch['area_mu']:.1f}"
    return say("row.batch", lang, batch=batch["batch"], parcels=batch["parcels"], area_mu=area)


def work_marks(study: Study, lang: Language) -> pd.DataFrame:
    """Due dates of the works: row, on, mark."""
    works = work_table(study)
    rows = [_work_row(work_id, name) for work_id, name in works["name"].items()]
    return _marks(rows, works["due_on"], say("mark.due", lang))


def batch_marks(study: Study, lang: Language) -> pd.DataFrame:
    """The announced day of each batch's phase: row, on, mark."""
    batches = batch_table(study, lang)
    rows = [_batch_row(batch, lang) for _, batch in batches.iterrows()]
    return _marks(
        rows, announced_phases(study)["announced_on"].reindex(batches["phase"]), say("mark.announced", lang)
    )


def _marks(rows: list[str], days: pd.Series, mark: str) -> pd.DataFrame:
    frame = pd.DataFrame({"row": rows, "on": pd.to_datetime(days).to_numpy(), "mark": mark})
    return frame.dropna(subset=["on"]).reset_index(drop=True)


def land_over_time(study: Study, lang: Language, until: pd.Timestamp) -> pd.DataFrame:
    """Land of the site by day of change: on, part, color, area_mu, order; the last state lasts ``until``.

    The parts add up to the site: where constraints lie over one another, the blocked land is shared among
    their kinds in proportion to what each blocks alone.
    """
    curve = study.curve.copy()
    curve.index = pd.to_datetime(curve.index)
    if until > curve.index[-1]:
        curve.loc[until] = curve.iloc[-1]
    by_kind = curve.filter(like="blocked_m2_")
    by_kind = by_kind.mul((curve["blocked_m2"] / by_kind.sum(axis=1)).fillna(0.0), axis="index")
    small = by_kind.max() < _VISIBLE * curve["area_m2"].max()
    parts = {"developable": curve["developable_m2"]} | dict(by_kind.loc[:, ~small].items())
    if small.any():
        parts["other"] = by_kind.loc[:, small].sum(axis=1)
    rows = []
    for order, (name, areas) in enumerate(parts.items()):
        part, color = _land_part(name.removeprefix("blocked_m2_"), lang)
        named = {"part": part, "color": color, "order": order}
        rows += [{"on": on, "area_mu": to_mu(float(area))} | named for on, area in areas.items()]
    return pd.DataFrame(rows)


def _land_part(name: str, lang: Language) -> tuple[str, str]:
    own = {"developable": palette.DEVELOPABLE, "other": palette.UNKNOWN}
    if name in own:
        return say(f"part.{name}", lang), own[name]
    return code_name("kind", name, lang), str(palette.constraint_style(name)["color"])


def supply(study: Study, lang: Language, until: pd.Timestamp) -> pd.DataFrame:
    """Cumulative mu by day: ready, transferred by the plan, and announced; columns on, part, area_mu."""
    parcels = parcel_table(study, lang)
    announced = announced_areas(study)
    series = {
        "ready": parcels.groupby("ready_on")["area_mu"].sum(),
        "transferred": parcels.groupby("transfer_on")["area_mu"].sum(),
        "announced": announced.groupby("announced_on")["area_mu"].sum(),
    }
    start = pd.Timestamp(study.site.as_of)
    frames = [
        cumulated(areas, start, until).assign(part=say(f"line.{name}", lang))
        for name, areas in series.items()
    ]
    # A site of which nothing is known has no line at all.
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def announced_areas(study: Study) -> pd.DataFrame:
    """Area of each announced phase, as announced where the row says so, and its day."""
    rows = announced_phases(study)
    measured = to_mu(study.readiness.groupby("phase")["area_m2"].sum())
    stated = study.site.table("announced")["area_mu"].reindex(rows["row_id"]).to_numpy()
    areas = pd.Series(stated, index=rows.index, dtype=float).fillna(measured)
    return rows.assign(area_mu=areas)


def cumulated(areas: pd.Series, start: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Running total from nothing at ``start`` to the last day shown; empty where there is nothing to add."""
    if areas.empty:
        return pd.DataFrame(columns=["on", "area_mu"])
    days = [start - _DAY, *areas.index, max(until, areas.index[-1])]
    return pd.DataFrame({"on": days, "area_mu": [0.0, *areas.cumsum(), areas.sum()]})
