"""What checked reading costs beside a bare one, format by format.

``python benchmarks/import_path.py [ROWS [FORMAT …]]`` writes as many parcels (100,000 where none are named) in the
formats named, or in all that are written, reads each file bare with the library that reads it and then through
:func:`parcelplan.io.vector.reading.read_vector`, takes the best of three runs, and prints a table. It ends with an
error where a checked read costs more than twice the bare one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import geopandas as gpd  # noqa: E402 - a checkout need not be installed
import numpy as np  # noqa: E402
import pyogrio  # noqa: E402
import shapely  # noqa: E402
from pyogrio.errors import DataSourceError  # noqa: E402

from parcelplan.io.vector.formats import Format, formats  # noqa: E402
from parcelplan.io.vector.reading import ReadOptions, read_vector  # noqa: E402
from parcelplan.io.vector.writing import write_vector  # noqa: E402

CRS = "EPSG:4523"
EAST, NORTH = 35_600_000.0, 3_240_000.0
RUNS = 3
MOST = 2.0


def parcels(rows: int) -> gpd.GeoDataFrame:
    """Parcels of nine corners in a square grid, with ids, Chinese names, an area and a phase."""
    number = np.arange(rows)
    side = int(np.ceil(np.sqrt(rows)))
    west, south = EAST + number % side * 60.0, NORTH + number // side * 60.0
    turn = np.linspace(0.0, 2.0 * np.pi, 9, endpoint=False)
    x = west[:, np.newaxis] + 25.0 * np.cos(turn)
    y = south[:, np.newaxis] + 25.0 * np.sin(turn)
    shapes = shapely.polygons(np.stack([x, y], axis=-1))
    columns = {
        "id": [f"P{item}" for item in number],
        "名称": [f"白市驿镇{item % 97}号地块" for item in number],
        "area_m2": shapely.area(shapes),
        "phase": number % 5 + 1,
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def bare(path: Path, kind: Format) -> Callable[[], object]:
    """Read as one does without this project."""
    if kind.name == "geoparquet":
        return lambda: gpd.read_parquet(path)
    return lambda: pyogrio.read_dataframe(path, use_arrow=kind.arrow)


def best_s(*reads: Callable[[], object]) -> list[float]:
    """Seconds of the best run of each, taken in turns so that what else the machine does falls on all alike."""
    taken: list[list[float]] = [[] for _ in reads]
    for _ in range(RUNS):
        for read, seconds in zip(reads, taken, strict=True):
            begun = time.perf_counter()
            read()
            seconds.append(time.perf_counter() - begun)
    return [min(seconds) for seconds in taken]


def main(rows: int, names: list[str]) -> int:
    """Measure formats and print one line each."""
    frame, slow = parcels(rows), 0
    print(f"{rows:,} parcels; rows per second, best of {RUNS}\n")
    print("| format | bare | checked | checked ÷ bare |\n|---|---:|---:|---:|")
    for kind in (formats()[name] for name in names):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"parcels{kind.suffixes[0]}"
            write_vector(frame, path)
            options = ReadOptions(crs=CRS) if kind.name == "dxf" else ReadOptions()
            try:
                plain, checked = best_s(bare(path, kind), partial(read_vector, path, options))
            except DataSourceError:
                # A KML of a million parcels is more than GDAL's own reader can hold.
                print(f"| {kind.name} | cannot be read at this size | – | – |", flush=True)
                continue
        slow += checked > MOST * plain
        print(
            f"| {kind.name} | {rows / plain:,.0f} | {rows / checked:,.0f} | {checked / plain:.2f} |",
            flush=True,
        )
    return 1 if slow else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("rows", nargs="?", type=int, default=100_000, help="parcels in each file")
    written = [item.name for item in formats().values() if item.write]
    asked.add_argument("formats", nargs="*", default=[], help="all where none is named")
    given = asked.parse_args()
    sys.exit(main(given.rows, given.formats or written))
