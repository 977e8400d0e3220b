"""Result tables of a study: one home of the figures that map, report, workbook, GeoPackage and service show.

Every table has the columns of its entry in ``schema/results.csv``, in that order. Days are ``datetime64``;
NaT means never, unknown or not planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from parcelplan import catalogue
from parcelplan.checks.areas import area_ledger, site_totals
from parcelplan.checks.verdicts import verdict_text
from parcelplan.schema.results import result_columns
from parcelplan.units import to_mu

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.plan import Plan, PlannedTransfer, Unplanned
    from parcelplan.site import Site
    from parcelplan.study import Assessment, Study

_DAY: Literal["datetime64[s]"] = "datetime64[s]"
_READY = ["stage", "ready_on", "blocking", "last_gate", "last_work"]
_ANNOUNCED = ["announced_from", "announced_on", "announced_text", "sentence", "row_id"]
_PLANNED = ["batch", "notice_on", "listing_on", "transfer_on", "result_on"]

WORST_FIRST = ("violated", "unknown", "ok")
"""Verdicts in the order in which they need attention."""


def _in_order(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Bring a table to the columns the registry names; what a site does not have becomes empty."""
    columns = [item.column for item in result_columns(table) if item.column != frame.index.name]
    return frame.reindex(columns=columns)


def waited_text(study: Study, transfer: PlannedTransfer, lang: Language) -> str:
    """Say what kept a parcel from going on notice earlier, with the name of the work where a work did."""
    waited, works = transfer.waited_for, study.schedule
    name = str(works.loc[waited.subject, "name"]) if waited.subject in works.index else waited.subject
    return catalogue.text(f"waited.{waited.kind}", lang, subject=waited.subject, name=name)


def unplanned_text(item: Unplanned, lang: Language) -> str:
    """Say why the plan leaves a parcel out."""
    params = {"parcel_id": item.parcel_id, "phase": item.phase} | dict(item.params)
    return catalogue.text(item.reason, lang, **params)


def verdict_counts(study: Study) -> pd.DataFrame:
    """Count the verdicts per parcel.

    Returns
    -------
    pandas.DataFrame
        Aligned to the parcels: ``verdicts_ok, verdicts_violated, verdicts_unknown, worst_verdict``. A parcel
        that no rule spoke about is ``unknown``: nothing was checked, which is not the same as nothing wrong.
    """
    verdicts, index = study.verdicts, study.site.parcels.index
    counts = pd.crosstab(verdicts["parcel_id"], verdicts["verdict"]) if len(verdicts) else pd.DataFrame()
    counts = counts.reindex(index=index, columns=list(WORST_FIRST), fill_value=0).astype(int)
    worst = pd.Series("unknown", index=index)
    for verdict in reversed(WORST_FIRST):
        worst = worst.mask(counts[verdict] > 0, verdict)
    counts = counts.add_prefix("verdicts_").rename_axis(index=index.name, columns=None)
    return counts.assign(worst_verdict=worst)


def parcel_table(study: Study, lang: Language | None = None) -> gpd.GeoDataFrame:
    """Everything known of each parcel on one row.

    Parameters
    ----------
    study
        A computed site.
    lang
        Language of ``waited_for`` and ``unplanned_reason``; the site's where None.

    Returns
    -------
    geopandas.GeoDataFrame
        Index, geometry and CRS of the site's parcels; columns of the registry's table ``parcels``.
        Planning dates are NaT and ``unplanned_reason`` is filled where the plan leaves a parcel out.
    """
    lang = lang or study.site.lang
    parcels, ready = study.site.parcels, study.readiness
    now, final = study.developable, study.developable_final
    frame = pd.DataFrame(parcels.drop(columns=parcels.geometry.name))
    frame["area_m2"], frame["area_mu"] = ready["area_m2"], to_mu(ready["area_m2"])
    frame["developable_now_m2"] = now["developable_m2"]
    frame["developable_now_mu"] = to_mu(now["developable_m2"])
    frame["developable_final_m2"] = final["developable_m2"]
    frame["developable_final_mu"] = to_mu(final["developable_m2"])
    frame["blocked_share_now"] = now["blocked_m2"] / now["area_m2"]
    frame["pieces"] = now["pieces"]
    frame[_READY] = ready[_READY]
    frame[_PLANNED] = _whole_parcels(study.plan).reindex(frame.index)[_PLANNED]
    waited = {item.part_of or item.parcel_id: waited_text(study, item, lang) for item in study.plan.transfers}
    reasons = {item.parcel_id: unplanned_text(item, lang) for item in study.plan.unplanned}
    frame["batch"] = frame["batch"].astype(object).fillna("")
    frame["waited_for"] = [waited.get(str(parcel), "") for parcel in frame.index]
    frame["unplanned_reason"] = [reasons.get(str(parcel), "") for parcel in frame.index]
    frame = _in_order(frame.join(verdict_counts(study)), "parcels")
    return gpd.GeoDataFrame(frame, geometry=parcels.geometry, crs=parcels.crs)


def _whole_parcels(plan: Plan) -> pd.DataFrame:
    """Transfers by parcel; one that goes in pieces has gone with the last of them, and names all batches."""
    frame = plan.to_frame()
    owners = [item.part_of or item.parcel_id for item in plan.transfers]
    if len(set(owners)) == len(owners) and owners == list(frame.index):
        return frame
    ordered = frame.assign(owner=owners).sort_values("notice_on", kind="stable")
    grouped = ordered.groupby("owner")
    return grouped.last().assign(batch=grouped["batch"].agg(";".join))


def developable_at(study: Study, days: pd.Series) -> pd.Series:
    """Developable area of parcels, each on its own day.

    Parameters
    ----------
    study
        A computed site.
    days
        One day a parcel, indexed by parcel_id; NaT gives NaN.

    Returns
    -------
    pandas.Series
        m², aligned to ``days``.
    """
    changes = study.developable_by_date[["parcel_id", "on", "developable_m2"]].copy()
    changes["on"] = pd.to_datetime(changes["on"]).astype(_DAY)
    changes["parcel_id"] = changes["parcel_id"].astype(str)
    asked = days.astype(_DAY).rename("day").rename_axis("parcel_id").reset_index().astype({"parcel_id": str})
    met = pd.merge_asof(
        asked.dropna().sort_values("day"),
        changes.sort_values("on"),
        left_on="day",
        right_on="on",
        by="parcel_id",
    )
    return met.set_index("parcel_id")["developable_m2"].reindex(days.index)


def transfer_table(study: Study, lang: Language | None = None) -> pd.DataFrame:
    """The plan, one row a parcel, in the order of the notices; index parcel_id."""
    lang = lang or study.site.lang
    frame = study.plan.to_frame()
    frame["area_mu"] = to_mu(frame["area_m2"].astype(float))
    developable_m2 = developable_at(study, frame["transfer_on"]).astype(float)
    frame["part_of"] = [item.part_of for item in study.plan.transfers]
    # A piece is cut where all of it is net land; the parcels' land says nothing of it.
    developable_m2 = developable_m2.where(frame["part_of"] == "", frame["area_m2"].astype(float))
    frame["developable_mu"] = to_mu(developable_m2)
    frame["waited_for"] = [waited_text(study, item, lang) for item in study.plan.transfers]
    frame["due_on"] = pd.to_datetime(pd.Series([item.due_on for item in study.plan.transfers], frame.index))
    frame["happened"] = [item.happened for item in study.plan.transfers]
    ordered = frame.sort_values(["notice_on", "phase"], kind="stable")
    return _in_order(ordered, "transfers")


def batch_table(study: Study, lang: Language | None = None) -> pd.DataFrame:
    """The plan, one row a batch; index batch, ``ready_on`` that of the batch's last parcel."""
    frame = transfer_table(study, lang).reset_index()
    grouped = frame.groupby("batch", sort=False)
    batches = grouped[["phase", "notice_on", "listing_on", "transfer_on", "result_on"]].first()
    batches["parcels"] = grouped.size()
    batches["parcel_ids"] = grouped["parcel_id"].agg(lambda ids: " ".join(sorted(ids)))
    batches[["area_mu", "developable_mu"]] = grouped[["area_mu", "developable_mu"]].sum()
    batches["ready_on"] = grouped["ready_on"].max()
    batches["waited_for"] = grouped["waited_for"].agg(lambda texts: " / ".join(dict.fromkeys(texts)))
    return _in_order(batches.reset_index(), "batches").set_index("batch", drop=False).rename_axis(None)


def announced_phases(study: Study) -> pd.DataFrame:
    """Transfer rows of the announced plan, indexed by phase.

    Columns announced_from, announced_on, announced_text, sentence and row_id. A phase without a row is not in
    the table; a row without a date has NaT.
    """
    table = study.site.table("announced")
    rows = table[(table["row_type"] == "transfer") & table["phase"].notna()]
    names = {"due_from": "announced_from", "due_until": "announced_on", "due_text": "announced_text"}
    rows = (
        rows.rename_axis("row_id").reset_index().rename(columns=names).reindex(columns=["phase", *_ANNOUNCED])
    )
    for column in ("announced_from", "announced_on"):
        rows[column] = pd.to_datetime(rows[column])
    rows = rows.astype({"phase": int}).drop_duplicates("phase", keep="last")
    return rows.set_index("phase").sort_index()


def phase_table(study: Study, lang: Language | None = None) -> pd.DataFrame:
    """One row a phase: area, developable land, dates of the plan, and the announced date beside them.

    ``ready_on`` is the day on which the last parcel of the phase is ready (NaT while one of them never is),
    ``slack_days`` the announced day minus the last transfer: negative is late, missing where nothing was
    announced or a parcel of the phase is not planned.
    """
    lang = lang or study.site.lang
    parcels = parcel_table(study, lang)
    grouped = parcels.groupby("phase")
    frame = grouped[["area_mu", "declared_area_mu"]].sum(min_count=1)
    frame["parcels"], frame["planned"] = grouped.size(), grouped["transfer_on"].count()
    frame["developable_mu"] = grouped["developable_now_mu"].sum()
    frame["developable_final_mu"] = grouped["developable_final_mu"].sum()
    whole = grouped["ready_on"].count() == frame["parcels"]
    frame["ready_on"] = grouped["ready_on"].max().where(whole)
    frame["notice_on"] = grouped["notice_on"].min()
    frame["first_transfer_on"] = grouped["transfer_on"].min()
    frame["last_transfer_on"] = grouped["transfer_on"].max()
    frame = frame.join(announced_phases(study))
    planned = frame["planned"] == frame["parcels"]
    slack = (frame["announced_on"] - frame["last_transfer_on"]).dt.days
    frame["slack_days"] = slack.where(planned).astype("Int64")
    frame["name"] = [phase_name(study, int(phase), lang) for phase in frame.index]
    return _in_order(frame, "phases")


def phase_name(study: Study, phase: int, lang: Language) -> str:
    """Name of a phase as site.toml gives it, otherwise "phase n"."""
    named = study.site.config.phase(phase).name.of(lang)
    return named or catalogue.text("report.phase", lang, phase=phase)


def work_table(study: Assessment) -> pd.DataFrame:
    """The works in time, indexed by work_id, in the order of their start.

    ``binds_parcels`` counts the parcels whose readiness waits for the work last.
    """
    frame = study.schedule.copy()
    frame["binds_parcels"] = study.readiness["last_work"].value_counts().reindex(frame.index, fill_value=0)
    return _in_order(frame.sort_values(["start_on", "ends_on"], kind="stable"), "works")


def readiness_table(study: Assessment) -> pd.DataFrame:
    """How far each parcel is and what it waits for, aligned to the parcels."""
    frame = study.readiness.copy()
    frame["area_mu"] = to_mu(frame["area_m2"])
    frame["developable_now_mu"] = to_mu(study.developable["developable_m2"])
    frame["blocked_share_now"] = study.developable["blocked_m2"] / study.developable["area_m2"]
    return _in_order(frame, "readiness")


def curve_table(study: Assessment) -> pd.DataFrame:
    """Developable and blocked mu of the site on each day of change, indexed by ``on``; a step function."""
    frame = pd.DataFrame(index=study.curve.index.rename("on"))
    for name in ("area", "developable", "blocked"):
        frame[f"{name}_mu"] = to_mu(study.curve[f"{name}_m2"])
    return _in_order(frame, "curve")


def area_table(site: Site) -> pd.DataFrame:
    """The ledger of areas: one row a parcel, then one a phase, then the site's; a plain index."""
    ledger = area_ledger(site.parcels, site.config.area_rule)
    totals = site_totals(site, ledger).rename_axis("phase").reset_index()
    totals["row_type"] = ["site" if pd.isna(phase) else "phase" for phase in totals["phase"]]
    parcels = ledger.rename_axis("parcel_id").reset_index().assign(row_type="parcel")
    return _in_order(_stacked(parcels, totals), "areas")


def _stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """Rows under one another; what a frame does not have is missing in its rows."""
    columns = list(dict.fromkeys(column for frame in frames for column in frame.columns))
    widened = [frame.reindex(columns=columns) for frame in frames]
    return pd.DataFrame(
        {column: [value for frame in widened for value in frame[column]] for column in columns}
    ).astype({"phase": "Int64"})


def constraint_table(study: Assessment) -> gpd.GeoDataFrame:
    """Corridors with their periods, geometry and CRS of the site, indexed by constraint_id."""
    found = study.constraints
    return gpd.GeoDataFrame(_in_order(found, "constraints"), geometry=found.geometry, crs=found.crs)


def verdict_table(study: Study, lang: Language | None = None) -> pd.DataFrame:
    """All verdicts with their sentences, violated first, then unknown, then ok; a plain index."""
    return verdict_rows(study.verdicts, lang or study.site.lang)


def verdict_rows(verdicts: pd.DataFrame, lang: Language) -> pd.DataFrame:
    """Do the same for verdicts that stand alone."""
    frame = verdicts.reset_index(drop=True)
    frame["title"] = [catalogue.text(f"{rule}.title", lang) for rule in frame["rule"]]
    frame["sentence"] = [verdict_text(row, lang) for _, row in frame.iterrows()]
    order = frame["verdict"].map({verdict: place for place, verdict in enumerate(WORST_FIRST)})
    ordered = frame.assign(order=order).sort_values(["order", "parcel_id", "rule"], kind="stable")
    return _in_order(ordered.reset_index(drop=True), "verdicts")


def named(frame: pd.DataFrame, table: str, lang: Language) -> pd.DataFrame:
    """Replace codes by their names in one language, for readers; unknown codes stay as they are."""
    families = {item.column: item.codes for item in result_columns(table) if item.codes}
    frame = frame.copy()
    for column in families.keys() & set(frame.columns):
        frame[column] = [code_name(families[column], value, lang) for value in frame[column]]
    return frame


def code_name(family: str, value: object, lang: Language) -> str:
    """Name of one code, such as ``net_land`` of the family ``stage``; an unknown one stays as it is."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    code = f"{family}.{value}"
    return catalogue.text(code, lang) if catalogue.has(code) else str(value)
