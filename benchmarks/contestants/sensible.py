"""Plain geopandas as a careful user writes it: corridors left undissolved, one overlay a kind, one difference.

Undissolved corridors keep the spatial index useful; a parcel's overlaps are united only where it has several, and the
difference is taken of touched parcels alone, with what was cut out for them and not with whole corridors.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from contestants.case import KINDS, QUAD_SEGS, Answer, Case, Watch, figures


def run(case: Case, variant: str) -> Answer:  # noqa: ARG001 - there is one way
    """Overlay kind by kind, unite per parcel, take the difference."""
    parcels, lines, watch = case.parcels(), case.lines(), Watch()
    with watch.step("buffers"):
        covers = lines.set_geometry(lines.buffer(lines["dist"], quad_segs=QUAD_SEGS))
    overlaps, by_kind = [], {}
    keyed = gpd.GeoDataFrame({"row": np.arange(len(parcels))}, geometry=parcels.geometry)
    for kind in KINDS:
        with watch.step(f"overlay {kind}"):
            own = covers.loc[covers["kind"] == kind, ["geometry"]]
            shared = gpd.overlay(keyed, own, how="intersection", keep_geom_type=True)
            united = _unite(shared)
            by_kind[kind] = united.area.reindex(keyed["row"], fill_value=0.0).to_numpy()
            overlaps.append(united.rename_axis("row").reset_index(name="geometry"))
    with watch.step("difference"):
        blocked = _unite(gpd.GeoDataFrame(pd.concat(overlaps, ignore_index=True), crs=parcels.crs))
        net = parcels.geometry.to_numpy().copy()
        net[blocked.index] = parcels.geometry.loc[blocked.index].difference(blocked).to_numpy()
        table = figures(parcels["parcel_id"], parcels.area.to_numpy(), by_kind, np.asarray(net, dtype=object))
    return Answer(table, watch.seconds, watch.steps, cpu_s=watch.cpu_s, fixed_s=watch.steps["buffers"])


def _unite(shared: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """One shape a row of the parcels; only rows with several shapes are dissolved."""
    several = shared["row"].duplicated(keep=False)
    alone = shared.loc[~several].set_index("row").geometry
    if not several.any():
        return alone.sort_index()
    return gpd.GeoSeries(pd.concat([alone, shared.loc[several].dissolve("row").geometry])).sort_index()
