"""What every contestant is given, and what it gives back.

Given: parcels (identifier and polygon) in files of 100,000, and lines (kind, half width, line). Time runs from these in
memory, or in tables, to the whole answer in memory, or in a table: each line made as wide as it reaches, and for each
parcel its area, the blocked area of each kind and of all together, the developable geometry and the number of its
pieces. Buffers, subdivision, indexes on what was derived, unions and differences count; reading does not, nor an index
that a table of parcels would carry anyway.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

KINDS = ("power", "river", "road")
QUAD_SEGS = 8
BY_KIND = tuple(f"blocked_m2_{kind}" for kind in KINDS)
FIGURES = ("area_m2", *BY_KIND, "blocked_m2", "developable_m2", "pieces")
_KB_PER_MB = 1024.0

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One region as files, and how many threads may work."""

    folder: Path
    threads: int
    step: int = 1
    """Only every ``step``-th parcel is screened, where a contestant is too slow for all."""

    def parts(self) -> list[Path]:
        """The files of parcels, in order."""
        return sorted((self.folder / "parcels").glob("part-*.parquet"))

    @property
    def lines_file(self) -> Path:
        """The file of lines."""
        return self.folder / "lines.parquet"

    def frames(self) -> list[gpd.GeoDataFrame]:
        """All parcels in memory, one frame a file; what reading them needed is given back."""
        found = [gpd.read_parquet(part, columns=["parcel_id", "geometry"]) for part in self.parts()]
        pa.default_memory_pool().release_unused()
        return found

    def parcels(self) -> gpd.GeoDataFrame:
        """All parcels in memory: ``parcel_id`` and geometry."""
        frames = self.frames()
        everything = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        return everything.iloc[:: self.step].reset_index(drop=True)

    def lines(self) -> gpd.GeoDataFrame:
        """All lines in memory: ``kind``, ``dist`` in metres and geometry."""
        return gpd.read_parquet(self.lines_file, columns=["kind", "dist", "geometry"])


@dataclass
class Answer:
    """What a contestant found and how long that took."""

    figures: pd.DataFrame | None
    """``parcel_id`` and :data:`FIGURES`, square metres; None where they were written part by part."""
    seconds: float
    steps: dict[str, float]
    """Seconds of each step."""
    cpu_s: float | None = None
    """Processor time, which tells whether all threads had work."""
    fixed_s: float = 0.0
    """Seconds that do not depend on how many parcels were taken."""
    memory_mb: float | None = None
    """Peak of the server's processes; None where this process did the work."""
    notes: dict[str, Any] = field(default_factory=dict)


class Watch:
    """Times steps one after another."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self.cpu_s = 0.0
        """Processor time of all threads of this process within the steps."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time of a block to a step."""
        begun, worked = time.perf_counter(), time.process_time()
        yield
        self.cpu_s += time.process_time() - worked
        self.steps[name] = self.steps.get(name, 0.0) + time.perf_counter() - begun

    @property
    def seconds(self) -> float:
        """All steps together."""
        return sum(self.steps.values())


def in_slices(work: Callable[..., Any], *arrays: NDArray[Any], threads: int) -> NDArray[Any]:
    """Run array code on slices of its arrays, several at a time; shapely lets other threads run meanwhile."""
    count = len(arrays[0])
    edges = np.linspace(0, count, min(max(1, count), 8 * threads) + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        slices = pairwise(edges)
        done = pool.map(lambda ends: work(*(array[ends[0] : ends[1]] for array in arrays)), slices)
        return np.concatenate(list(done))


def figures(parcel_id: Sequence[str], area: Floats, by_kind: dict[str, Floats], net: Shapes) -> pd.DataFrame:
    """Put together the figures of parcels whose developable geometry is in memory."""
    left = shapely.area(net)
    columns = {f"blocked_m2_{kind}": by_kind[kind] for kind in KINDS}
    pieces = np.where(left > 0, shapely.get_num_geometries(net), 0)
    return pd.DataFrame(
        {
            "parcel_id": np.asarray(parcel_id),
            "area_m2": area,
            **columns,
            "blocked_m2": area - left,
            "developable_m2": left,
            "pieces": pieces,
        }
    )


def peak_memory_mb() -> float:
    """Most memory this process has held so far, MB; on Linux without what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return float(lines["VmHWM"].split()[0]) / _KB_PER_MB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / _KB_PER_MB / (_KB_PER_MB if sys.platform == "darwin" else 1.0)
