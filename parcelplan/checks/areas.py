"""Areas: what is declared beside what is measured, in the plane and on the ellipsoid, and what of it is a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.checks.topology import is_sound, sound
from parcelplan.crs import area_m2, ellipsoidal_area_m2, parse_crs, plane_area_m2
from parcelplan.findings import Finding, Findings
from parcelplan.units import from_mu, round_to_sum, to_mu

if TYPE_CHECKING:
    from parcelplan.site import Site

_MERIDIAN = 8802
"""EPSG parameter: longitude of natural origin."""
_SUMMED = (
    "declared_area_mu",
    "declared_area_m2",
    "plane_area_m2",
    "ellipsoidal_area_m2",
    "plane_area_mu",
    "ellipsoidal_area_mu",
    "plane_excess_m2",
    "plane_excess_mu",
    "area_mu",
)


def area_ledger(parcels: gpd.GeoDataFrame, area_rule: str = "plane") -> pd.DataFrame:
    """Declared, plane and ellipsoidal area of every parcel side by side.

    Parameters
    ----------
    parcels
        Parcels in a plane CRS in metres, with ``phase``, ``declared_area_mu`` and ``declared_area_m2``.
    area_rule
        Which of the two is the area, ``plane`` or ``ellipsoidal``.

    Returns
    -------
    pandas.DataFrame
        Aligned to the parcels. ``phase``; ``declared_area_mu`` and ``declared_area_m2``, one from the other where
        only one is given; ``plane_area_m2``, ``ellipsoidal_area_m2`` and both in mu; ``plane_excess_m2`` and
        ``plane_excess_mu``, plane minus ellipsoidal; ``difference_mu``, the measured area by the rule minus the
        declared; and ``area_mu``, the area by the rule in mu to two decimals, which adds up: parcels to their phase,
        phases to the site. What is not known is NaN, as are the areas of invalid shapes.

    Examples
    --------
    >>> area_ledger(parcels).loc["P1", ["plane_area_mu", "ellipsoidal_area_mu"]]  # doctest: +SKIP
    """
    frame = pd.DataFrame({"phase": parcels["phase"]}, index=parcels.index)
    frame["declared_area_mu"] = _declared_mu(parcels)
    given = parcels["declared_area_m2"].astype(float)
    frame["declared_area_m2"] = given.fillna(from_mu(frame["declared_area_mu"]))
    computable = is_sound(parcels.geometry.to_numpy())
    plane = plane_area_m2(parcels).where(computable)
    ellipsoidal = ellipsoidal_area_m2(parcels).where(computable)
    frame["plane_area_m2"], frame["ellipsoidal_area_m2"] = plane, ellipsoidal
    frame["plane_area_mu"], frame["ellipsoidal_area_mu"] = to_mu(plane), to_mu(ellipsoidal)
    frame["plane_excess_m2"] = plane - ellipsoidal
    frame["plane_excess_mu"] = to_mu(frame["plane_excess_m2"])
    measured = frame[f"{area_rule}_area_mu"]
    frame["difference_mu"] = measured - frame["declared_area_mu"]
    frame["area_mu"] = _adding_up(measured, parcels["phase"])
    return frame


def area_totals(ledger: pd.DataFrame, announced_mu: Mapping[int | None, float | None]) -> pd.DataFrame:
    """Totals of a ledger by phase, the whole site last.

    Parameters
    ----------
    ledger
        As :func:`area_ledger` gives it.
    announced_mu
        Phase → area as announced for the whole phase, mu; the site's own under None.

    Returns
    -------
    pandas.DataFrame
        Indexed by phase, the site under ``<NA>``, with the columns of the ledger and ``announced_area_mu``. A sum of
        which one parcel is unknown is unknown. ``difference_mu`` is ``area_mu`` minus the announced area, or minus
        the declared sum where nothing was announced.
    """
    phases = ledger["phase"].astype("Int64")
    sums = ledger[list(_SUMMED)].groupby(phases, dropna=True)
    by_phase = sums.sum(skipna=False)
    whole = ledger[list(_SUMMED)].sum(skipna=False).to_frame().T
    whole.index = pd.Index([pd.NA], dtype="Int64", name="phase")
    totals = pd.concat([by_phase, whole])
    totals["area_mu"] = totals["area_mu"].round(2)
    given = [announced_mu.get(None if pd.isna(phase) else int(phase)) for phase in totals.index]
    totals["announced_area_mu"] = np.array(given, dtype=float)
    declared = totals["announced_area_mu"].fillna(totals["declared_area_mu"])
    totals["difference_mu"] = totals["area_mu"] - declared
    return totals


def site_totals(site: Site, ledger: pd.DataFrame) -> pd.DataFrame:
    """:func:`area_totals` with the areas that the site announced for itself and its phases."""
    config = site.config
    announced: dict[int | None, float | None] = {None: config.declared_area_mu}
    announced |= {number: phase.declared_area_mu for number, phase in config.phases.items()}
    return area_totals(ledger, announced)


def central_meridian_deg(crs: object) -> float | None:
    """Longitude of a projection's central meridian, degrees; None where the projection has none."""
    operation = parse_crs(crs).coordinate_operation
    found = [item.value for item in operation.params if int(item.code or 0) == _MERIDIAN] if operation else []
    return float(found[0]) if found else None


def _declared_mu(parcels: pd.DataFrame) -> pd.Series:
    given = to_mu(parcels["declared_area_m2"].astype(float))
    return parcels["declared_area_mu"].astype(float).fillna(given)


def _adding_up(measured_mu: pd.Series, phases: pd.Series) -> pd.Series:
    """Round phases so that they add up to the site, then parcels so that they add up to their phase."""
    known = measured_mu.notna().to_numpy()
    groups, _ = pd.factorize(phases[known], use_na_sentinel=False, sort=True)
    values = measured_mu.to_numpy(dtype=float)[known]
    sums = np.bincount(groups, weights=values)
    rounded = np.empty(len(values))
    for group, total in enumerate(round_to_sum(list(sums))):
        inside = groups == group
        rounded[inside] = round_to_sum(list(values[inside]), total=total)
    result = pd.Series(np.nan, index=measured_mu.index)
    result[known] = rounded
    return result


def check_areas(site: Site) -> Findings:
    """Compare declared with measured areas, parcel by parcel, by phase and as a whole, in mu.

    Returns
    -------
    Findings
        ``area.parcel``, ``area.phase`` and ``area.site`` where they differ by more than the tolerance.
    """
    parcels = sound(site.parcels)
    return Findings([] if parcels.empty else _areas(site, parcels))


def _areas(site: Site, parcels: gpd.GeoDataFrame) -> Iterator[Finding]:
    config = site.config
    measured = to_mu(area_m2(parcels, config.area_rule))
    tolerance = config.tolerance.declared_area_mu
    yield from _differing("area.parcel", measured, _declared_mu(parcels), tolerance)
    declared = {number: phase.declared_area_mu for number, phase in config.phases.items()}
    sums = measured.groupby(parcels["phase"]).sum()
    yield from _differing("area.phase", sums, pd.Series(declared, dtype=float).reindex(sums.index), tolerance)
    total = pd.Series({config.id: measured.sum()})
    whole = pd.Series({config.id: config.declared_area_mu}, dtype=float)
    yield from _differing("area.site", total, whole, tolerance)


def _differing(code: str, measured: pd.Series, declared: pd.Series, tolerance_mu: float) -> Iterator[Finding]:
    """Findings where two series of the same rows differ; ids may be repeated, so rows are taken by position."""
    difference = measured.to_numpy(dtype=float) - declared.to_numpy(dtype=float)
    for row in np.flatnonzero(np.abs(difference) > tolerance_mu + 1e-9):
        yield Finding(
            code=code,
            layer="parcels",
            feature_id=str(measured.index.to_numpy()[row]),
            field="declared_area_mu",
            value=round(float(declared.to_numpy(dtype=float)[row]), 4),
            params={
                "measured": round(float(measured.to_numpy(dtype=float)[row]), 4),
                "difference": round(float(difference[row]), 4),
            },
        )
