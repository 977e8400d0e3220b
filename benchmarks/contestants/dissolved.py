"""``geopandas.overlay`` as most scripts call it: each kind dissolved to one shape, then intersection and difference."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from contestants.case import KINDS, QUAD_SEGS, Answer, Case, Watch, figures


def run(case: Case, variant: str) -> Answer:  # noqa: ARG001 - there is one way
    """Overlay with one shape a kind, and with one of all kinds."""
    parcels, lines, watch = case.parcels(), case.lines(), Watch()
    with watch.step("dissolve"):
        covers = lines.set_geometry(lines.buffer(lines["dist"], quad_segs=QUAD_SEGS))
        kinds = covers.dissolve("kind")[["geometry"]]
        everything = gpd.GeoDataFrame(geometry=[kinds.union_all()], crs=parcels.crs)
    keyed = gpd.GeoDataFrame({"row": np.arange(len(parcels))}, geometry=parcels.geometry)
    by_kind = {}
    for kind in KINDS:
        with watch.step(f"intersection {kind}"):
            shared = gpd.overlay(keyed, kinds.loc[[kind]], how="intersection", keep_geom_type=True)
            areas = shared.area.groupby(shared["row"]).sum()
            by_kind[kind] = areas.reindex(keyed["row"], fill_value=0.0).to_numpy()
    with watch.step("difference"):
        left = gpd.overlay(keyed, everything, how="difference", keep_geom_type=True)
        net = np.full(len(parcels), shapely.Polygon(), dtype=object)
        net[left["row"]] = left.geometry.to_numpy()
        table = figures(parcels["parcel_id"], parcels.area.to_numpy(), by_kind, net)
    return Answer(table, watch.seconds, watch.steps, cpu_s=watch.cpu_s, fixed_s=watch.steps["dissolve"])
