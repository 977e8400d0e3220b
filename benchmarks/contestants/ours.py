"""Our own kernel, in chunks of one file of parcels each, as ``parcelplan screen`` takes them.

Up to a million parcels all files are read first, and all developable geometries stay in memory until the end. Beyond
that a file is read, screened and let go before the next, so that memory stays bounded; only the screening is timed then
too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from contestants.case import KINDS, Answer, Case, Watch
from parcelplan.geometry.screening import Screener, Screening, buffer_covers, load_kernel

STREAM_FROM_PARTS = 11
"""From so many files on they are taken one after another."""


def run(case: Case, variant: str) -> Answer:  # noqa: ARG001 - there is one way
    """Screen all parcels; more than a million of them as a stream."""
    # Others load their libraries before their time begins.
    load_kernel()
    watch = Watch()
    lines = case.lines()
    shapes, distances = lines.geometry.to_numpy(), lines["dist"].to_numpy()
    with watch.step("buffers"):
        covers = buffer_covers(shapes, distances, threads=case.threads)
    with watch.step("prepare"):
        screener = Screener(covers, lines["kind"].tolist(), threads=case.threads)
    if len(case.parts()) >= STREAM_FROM_PARTS:
        return _stream(case, screener, watch)
    frames = case.frames()
    chunks = [frame.geometry.to_numpy() for frame in frames]
    with watch.step("screen"):
        results = [screener.screen(chunk) for chunk in chunks]
    found = [_figures(frame["parcel_id"], result) for frame, result in zip(frames, results, strict=True)]
    return Answer(pd.concat(found, ignore_index=True), watch.seconds, watch.steps, cpu_s=watch.cpu_s)


def _stream(case: Case, screener: Screener, watch: Watch) -> Answer:
    """One file after another."""
    totals = np.zeros(3)
    for part in case.parts():
        chunk = gpd.read_parquet(part, columns=["geometry"]).geometry.to_numpy()
        with watch.step("screen"):
            result = screener.screen(chunk)
        totals += result.area.sum(), result.blocked.sum(), result.pieces.sum()
        # What comes next should find this one's memory as a whole, not the gaps between two.
        del chunk, result
    notes: dict[str, Any] = dict(zip(("area_m2", "blocked_m2", "pieces"), totals.tolist(), strict=True))
    return Answer(None, watch.seconds, watch.steps, cpu_s=watch.cpu_s, notes={"streamed": True, **notes})


def _figures(parcel_id: pd.Series[str], result: Screening) -> pd.DataFrame:
    nothing = np.zeros(len(parcel_id))
    return pd.DataFrame(
        {
            "parcel_id": parcel_id.to_numpy(),
            "area_m2": result.area,
            **{f"blocked_m2_{kind}": result.blocked_by_kind.get(kind, nothing) for kind in KINDS},
            "blocked_m2": result.blocked,
            "developable_m2": result.area - result.blocked,
            "pieces": result.pieces,
        }
    )
