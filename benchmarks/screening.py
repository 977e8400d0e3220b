"""Screening a region against overlays and spatial databases, side by side in one run, and whether answers agree.

``python benchmarks/screening.py [--n 10000 100000 1000000] [--against overlay postgis duckdb sedonadb] [--seed 1]
[--threads 2] [--runs 3] [--time-limit 900] [--peer-python PATH] [--out out/benchmarks/screening]`` makes up a region of
each size, see :mod:`geodata.city_build.region`, lays it down as GeoParquet in a temporary folder, and lets every
contestant screen it in a process of its own, one after another. What is timed and what is not stands in
:mod:`contestants.case`; how a contestant works and was tuned, in its module. Our kernel and the bare bound always run;
``overlay`` stands for both ways of geopandas, ``dissolved`` and ``sensible``. A contestant with several variants runs
all of them up to 100,000 parcels, the fastest ``--runs`` times, of which the best counts, for everybody; then it goes
on with the fastest, and where that one fails with the next. The ways of geopandas take a sample of parcels where all
would take too long, and their time is then reckoned for all: such times are marked ``~``. Beyond 1,000,000 parcels only
our kernel runs.

Peers are no dependencies of the project. An environment for them, which ``--peer-python`` or the variable
``PARCELPLAN_PEER_PYTHON`` then names (PostGIS itself comes from the system, ``postgresql-15-postgis-3`` on Debian)::

    python3 -m venv peers && peers/bin/pip install -r requirements/peers.txt

It prints times, memory, ratios and growth, and writes ``screening.json``, ``screening.png`` and ``screening.svg``. It
ends with 1 where our kernel and an overlay disagree, or where a contestant failed or was stopped by the time limit.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import altair as alt  # noqa: E402 - a checkout need not be installed
import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from contestants import MODULES, NEEDS, VARIANTS  # noqa: E402
from contestants.case import FIGURES  # noqa: E402

from geodata.city_build.region import CRS, PARCELS_PER_BLOCK, Region  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000)
RIVALS = {"overlay": ("dissolved", "sensible"), **{name: (name,) for name in MODULES if name != "ours"}}
BLOCKS_PER_PART = 10
TRY_ALL_UP_TO = 100_000
COLOURS = ["#000000", "#999999", "#56B4E9", "#E69F00", "#0072B2", "#D55E00", "#009E73"]
"""Colours that colour-blind readers tell apart (Okabe and Ito)."""
RIVALS_UP_TO = 1_000_000
SAMPLES = {"dissolved": 10_000, "sensible": 100_000}
"""Most parcels that an overlay takes."""
OVERLAYS = ("dissolved", "sensible", "bare")
ABSOLUTE_M2, RELATIVE = 1e-4, 1e-6
GRACE_S = 20.0
GROWTH_FROM = 100_000


def lay_down(region: Region, folder: Path) -> None:
    """Write a region as files: ten blocks of parcels each, never all of them in memory, and one of lines."""
    (folder / "parcels").mkdir(parents=True)
    batch: list[gpd.GeoDataFrame] = []
    for number, block in enumerate(region.parcel_blocks(), start=1):
        batch.append(block[["parcel_id", "geometry"]])
        if number % BLOCKS_PER_PART == 0 or number * PARCELS_PER_BLOCK >= region.count:
            part = pd.concat(batch, ignore_index=True) if len(batch) > 1 else batch[0]
            part.to_parquet(folder / "parcels" / f"part-{(number - 1) // BLOCKS_PER_PART:05d}.parquet")
            batch = []
    kinds = [layer.assign(kind=kind) for kind, layer in region.layers().items()]
    lines = gpd.GeoDataFrame(pd.concat(kinds, ignore_index=True), crs=CRS)
    lines[["line_id", "kind", "dist", "geometry"]].to_parquet(folder / "lines.parquet")


def run_alone(
    name: str, variant: str, folder: Path, step: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Run one variant of one contestant in a process of its own; ``failed`` says why there is no answer."""
    answer = folder / "answers" / f"{name} {variant}".replace(" ", "-")
    python = arguments.peer_python if name in NEEDS else sys.executable
    command = [str(python), "-m", "contestants", name]
    command += ["--folder", str(folder), "--answer", str(answer), "--variant", variant]
    command += ["--threads", str(arguments.threads), "--step", str(step)]
    own = {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks")}
    with subprocess.Popen(command, env=own, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            _, complaint = process.communicate(timeout=arguments.time_limit)
        except subprocess.TimeoutExpired:
            stop(process)
            return {
                "contestant": name,
                "variant": variant,
                "failed": f"not done in {arguments.time_limit:g} s",
            }
    if process.returncode:
        return {"contestant": name, "variant": variant, "failed": (complaint.splitlines() or ["no word"])[-1]}
    said: dict[str, Any] = json.loads((answer / "answer.json").read_text())
    return {"contestant": name, "variant": variant, "answer": str(answer), **said}


def stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to end its servers and itself, and end it where it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def contest(
    name: str, n: int, folder: Path, best: dict[str, list[str]], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Run the variants of one contestant and keep the fastest.

    Parameters
    ----------
    name
        The contestant.
    n
        Parcels of the region.
    folder
        Its files.
    best
        Variants of each contestant, the fastest first, that answered the largest region so far; brought up to date.
    arguments
        Time limit, threads, interpreter of peers.
    """
    one_is_enough = n > TRY_ALL_UP_TO and name in best
    step = max(1, n // SAMPLES.get(name, n))
    rows: list[dict[str, Any]] = []
    for variant in best[name] if one_is_enough else VARIANTS[name]:
        rows.append(run_alone(name, variant, folder, step, arguments))
        if one_is_enough and "failed" not in rows[-1]:
            break
    done = [row for row in rows if "failed" not in row]
    if not done:
        return {"n": n, **rows[0]}
    speeds = {row["variant"]: row["seconds"] for row in done}
    fastest = min(done, key=lambda row: row["seconds"])
    if n <= TRY_ALL_UP_TO:
        # Machines have moods: everybody's best way runs as often as anybody's.
        again = [
            run_alone(name, fastest["variant"], folder, step, arguments) for _ in range(arguments.runs - 1)
        ]
        done = [fastest, *(row for row in again if "failed" not in row)]
        fastest = min(done, key=lambda row: row["seconds"]) | {"runs_s": [row["seconds"] for row in done]}
    best[name] = sorted(speeds, key=speeds.__getitem__)
    taken = -(-n // step)
    whole = fastest["fixed_s"] + (fastest["seconds"] - fastest["fixed_s"]) * n / taken
    tried = {row["variant"]: row.get("failed", row.get("seconds")) for row in rows}
    return {"n": n, "parcels": taken, "whole_s": whole, "reckoned": step > 1, "tried": tried, **fastest}


def compare(row: dict[str, Any], ours: pd.DataFrame) -> dict[str, Any]:
    """How an answer differs from ours: parcels off, the worst difference, m², and parcels with other pieces.

    A parcel is off where a figure of its area differs by more than 1e-4 m², or by more than 1e-6 of the parcel.
    """
    theirs = pd.read_parquet(Path(row["answer"]) / "figures.parquet").set_index("parcel_id")
    own = ours.reindex(theirs.index)
    areas = [name for name in FIGURES if name != "pieces" and theirs[name].notna().any()]
    apart = (theirs[areas].astype(float) - own[areas]).abs()
    # a figure that is missing on either side is as far off as can be
    worst = apart.max(axis=1, skipna=False).fillna(np.inf)
    off = worst > np.minimum(ABSOLUTE_M2, RELATIVE * own["area_m2"])
    return {
        "compared": len(theirs),
        "off": int(off.sum()),
        "worst_m2": float(worst.max()),
        "other_pieces": int((theirs["pieces"] != own["pieces"]).sum()),
    }


def measure(n: int, best: dict[str, list[str]], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """All contestants on a region of one size."""
    names = ["ours"]
    if n <= RIVALS_UP_TO:
        names += ["bare", *(name for rival in arguments.against for name in RIVALS[rival] if name != "bare")]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="screening-") as scratch:
        folder = Path(scratch) / str(n)
        lay_down(Region(n, arguments.seed), folder)
        ours: pd.DataFrame | None = None
        for name in dict.fromkeys(names):
            row = contest(name, n, folder, best, arguments)
            found = Path(row.get("answer", "")) / "figures.parquet"
            if name == "ours" and found.is_file():
                ours = pd.read_parquet(found).set_index("parcel_id")
            elif ours is not None and found.is_file():
                row |= compare(row, ours)
            rows.append(row)
            if "whole_s" in row and "whole_s" in rows[0]:
                row["ratio"] = row["whole_s"] / rows[0]["whole_s"]
            print(told(row), flush=True)
    return rows


def told(row: dict[str, Any]) -> str:
    """One line on one contestant."""
    head = f"{row['n']:>10,} parcels  {row['contestant']:<10}"
    if "failed" in row:
        return f"{head} {row['failed']}"
    mark = "~" if row["reckoned"] else " "
    line = f"{head}{mark}{row['whole_s']:>9.2f} s {row['memory_mb']:>7.0f} MB  {row['variant']:<16}"
    if "ratio" in row and row["contestant"] != "ours":
        line += f"  {row['ratio']:6.1f} x ours"
    if "off" in row:
        line += f"  {row['off']} of {row['compared']:,} off, worst {row['worst_m2']:.1e} m²"
        line += f", {row['other_pieces']} in other pieces"
    return line


def growth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Time against a straight line through zero from each contestant's smallest region of 100,000 parcels or more."""
    found = []
    for name in MODULES:
        own = [row for row in rows if row["contestant"] == name and "whole_s" in row]
        base = next((row for row in own if row["n"] >= GROWTH_FROM), None)
        for row in own:
            if base is not None and row["n"] > base["n"]:
                times = row["whole_s"] / base["whole_s"] / (row["n"] / base["n"])
                found.append({"contestant": name, "from": base["n"], "to": row["n"], "times_linear": times})
    return found


def plot(rows: list[dict[str, Any]], stem: Path) -> None:
    """Draw time and memory by number of parcels as PNG and SVG; reckoned times have a mark of their own."""
    points = pd.DataFrame([row for row in rows if "whole_s" in row])
    points["label"] = np.where(points["reckoned"], "reckoned from a sample", "measured")
    base = alt.Chart(points).encode(
        x=alt.X(
            "n:Q",
            scale=alt.Scale(type="log"),
            title="parcels",
            axis=alt.Axis(format="~s", values=sorted(points["n"].unique().tolist())),
        ),
        color=alt.Color(
            "contestant:N",
            sort=list(MODULES),
            scale=alt.Scale(domain=list(MODULES), range=COLOURS),
            title=None,
        ),
    )
    charts = []
    for column, title in (("whole_s", "seconds"), ("memory_mb", "peak memory, MB")):
        axis = alt.Axis(format="~g", values=[m * 10.0**k for k in range(-2, 6) for m in (1, 2, 5)])
        tall = base.encode(y=alt.Y(f"{column}:Q", scale=alt.Scale(type="log"), title=title, axis=axis))
        points_of = tall.mark_point(size=60, filled=True).encode(shape=alt.Shape("label:N", title=None))
        charts.append((tall.mark_line() + points_of).properties(width=360, height=300))
    chart = alt.hconcat(*charts)
    chart.save(stem.with_suffix(".svg"))
    chart.save(stem.with_suffix(".png"), scale_factor=2)


def missing(names: list[str], python: str) -> list[str]:
    """What the peers need and their interpreter does not find."""
    wanted = [module for rival in names for module in NEEDS.get(rival, ())]
    if Path(python) == Path(sys.executable):
        return [module for module in wanted if find_spec(module.partition(".")[0]) is None]
    asked = "import importlib, sys\nfor name in sys.argv[1:]:\n  importlib.import_module(name)"
    lacking = []
    for module in wanted:
        done = subprocess.run([python, "-c", asked, module], capture_output=True, check=False)  # noqa: S603 - our own
        lacking += [module] if done.returncode else []
    return lacking


def main() -> int:
    """Run the contest; 1 where answers disagree or one is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, nargs="+", default=list(SIZES), help="parcels of each region")
    parser.add_argument("--against", nargs="*", choices=RIVALS, default=[], help="who else runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--runs",
        type=int,
        default=3,
        help="runs of everybody's best variant up to 100,000 parcels; the best counts",
    )
    parser.add_argument(
        "--time-limit", type=float, default=900.0, help="seconds for one variant, reading included"
    )
    named = os.environ.get("PARCELPLAN_PEER_PYTHON", sys.executable)
    parser.add_argument("--peer-python", default=named, help="interpreter of the peers' environment")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "benchmarks" / "screening")
    arguments = parser.parse_args()
    lacking = missing(arguments.against, arguments.peer_python)
    if lacking:
        parser.error(f"{arguments.peer_python} lacks {', '.join(lacking)}; see requirements/peers.txt")
    best: dict[str, list[str]] = {}
    rows = [row for n in sorted(arguments.n) for row in measure(n, best, arguments)]
    grown = growth(rows)
    for item in grown:
        span = f"{item['from']:,} → {item['to']:,}"
        print(f"{item['contestant']:<10} {span}: {item['times_linear']:.2f} x linear")
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in vars(arguments).items() if key not in {"out", "peer_python"}}
    report = {"arguments": kept, "rows": rows, "growth": grown}
    (arguments.out / "screening.json").write_text(json.dumps(report, indent=1, ensure_ascii=False))
    if any("whole_s" in row for row in rows):
        plot(rows, arguments.out / "screening")
    wrong = [row for row in rows if row["contestant"] in OVERLAYS and row.get("off")]
    return int(bool(wrong) or any("failed" in row for row in rows))


if __name__ == "__main__":
    sys.exit(main())
