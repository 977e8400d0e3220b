"""``python -m geodata.baishiyi_build [--out FOLDER]``: draw the site and write its ``layers.gpkg``."""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd

from geodata.baishiyi_build import blocks, drawing, layers, schemes, writing

_SITE = Path(__file__).parents[1] / "baishiyi"


def draw() -> dict[str, gpd.GeoDataFrame]:
    """Draw every layer, by name, in the order in which they are stored."""
    plan = drawing.load().fitted()
    named = blocks.numbered(plan.parcels)
    return {
        "site_boundary": layers.site_boundary(plan, named),
        "parcels": layers.parcels(plan, named),
        "power_lines": layers.power_lines(plan),
        "pylons": layers.pylons(plan),
        "rivers": layers.rivers(plan),
        "river_areas": layers.river_areas(plan),
        "roads": layers.roads(plan),
        "hard_constraints": layers.hard_constraints(plan),
        "work_areas": layers.work_areas(plan, named),
        "scheme_features": schemes.features(plan, named),
    }


def main() -> None:
    """Write ``layers.gpkg`` into the folder that ``--out`` names, by default the site's own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_SITE, help="folder for layers.gpkg")
    folder: Path = parser.parse_args().out
    writing.write_layers(draw(), folder / "layers.gpkg")


if __name__ == "__main__":
    main()
