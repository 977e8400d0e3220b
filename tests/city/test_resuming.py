"""Runs that do not come to their end: they go on where they stopped, and nothing half stands under the final name."""

import os
import pickle
import resource
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from parcelplan.city.by_processes import run_chunks
from parcelplan.city.chunks import screen_chunk
from parcelplan.city.engines import Workers
from parcelplan.city.preparing import prepare
from parcelplan.city.running import Progress, screen_file
from parcelplan.errors import InputError
from parcelplan.findings import Findings
from parcelplan.io.streams import ChunkRef
from tests.city.loose import asked, codes, found, power, read, saved, street

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def request_of(tmp_path):
    saved(power(20), tmp_path / "lines.parquet")
    parcels = saved(street(20), tmp_path / "parcels.parquet")

    def make(out="out.parquet", **more):
        return asked(tmp_path, parcels, "power=lines.parquet:dist", out=out, **more)

    return make


def whole(request):
    """Bytes of an uninterrupted run of the same request."""
    other = replace(request, out=request.out.with_name(f"whole-{request.out.name}"))
    screen_file(other)
    return other.out.read_bytes()


def parts(request):
    return sorted(path.name for path in request.folder.glob("part-*.json"))


def test_a_run_that_is_killed_goes_on_where_it_was(request_of, tmp_path):
    request = request_of()
    order = tmp_path / "order"
    order.write_bytes(pickle.dumps(request))
    script = [sys.executable, str(Path(__file__).with_name("killed.py")), str(order)]
    run = subprocess.Popen(
        script, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path
    )
    assert run.stdout.readline() == b"some are done\n"
    run.kill()
    run.wait()
    run.stdout.close()
    assert not request.out.exists()
    kept = len(parts(request))
    assert 2 <= kept < 5
    done = screen_file(request)
    assert done.resumed_rows == 4 * kept
    assert done.rows == 20
    assert found(done, "city.resumed").value == 4 * kept
    assert request.out.read_bytes() == whole(request)
    assert not request.folder.exists()


def test_a_run_that_is_stopped_goes_on_with_what_it_found(request_of, tmp_path):
    parcels = street(20)
    parcels.loc[[1, 17], "geometry"] = None
    saved(parcels, tmp_path / "parcels.parquet")
    request = request_of()
    seen = []
    first = screen_file(request, on_progress=seen.append, stop=lambda: seen[-1].rows >= 8)
    assert not first.finished
    assert not request.out.exists()
    assert first.record("en")["out"] is None
    done = screen_file(request)
    assert (done.finished, done.rows) == (True, 20)
    assert 8 <= done.resumed_rows < 20
    assert found(done, "city.parcels_empty").params["first"] == "P1, P17"
    assert done.totals["area_m2"] == pytest.approx(180_000)
    assert request.out.read_bytes() == whole(request)


def stopped(request):
    """Leave a run in its middle."""
    assert not screen_file(request, stop=lambda: True).finished
    assert parts(request)


def test_another_request_or_another_input_begins_anew(request_of, tmp_path):
    request = request_of()
    stopped(request)
    assert screen_file(replace(request, width=True)).resumed_rows == 0
    stopped(replace(request, out=request.out.with_name("two.parquet")))
    os.utime(tmp_path / "lines.parquet", ns=(1, 1))
    assert screen_file(replace(request, out=request.out.with_name("two.parquet"))).resumed_rows == 0


def test_a_part_that_is_not_noted_down_is_made_again(request_of):
    request = request_of()
    stopped(request)
    lost = parts(request)[0]
    (request.folder / lost).unlink()
    noted = len(parts(request))
    done = screen_file(request)
    assert done.resumed_rows == 4 * noted
    assert request.out.read_bytes() == whole(request)


def test_chunks_say_the_same_in_any_order_and_twice(request_of):
    request = replace(request_of(), scratch=None)
    request.folder.mkdir()
    prepared = prepare(request)
    reports = [screen_chunk(ref, prepared.request) for ref in reversed(prepared.refs)]
    before = [(prepared.request.folder / report.part).read_bytes() for report in reports]
    again = [screen_chunk(ref, prepared.request, threads=2) for ref in reversed(prepared.refs)]
    assert [replace(report, seconds=0.0) for report in reports] == [
        replace(report, seconds=0.0) for report in again
    ]
    assert before == [(prepared.request.folder / report.part).read_bytes() for report in again]


def test_two_runs_of_one_output_do_not_meet(request_of):
    request = request_of()
    told = []

    def meanwhile(progress: Progress) -> None:
        if progress.step == "screen" and not told:
            with pytest.raises(InputError, match="Another run") as error:
                screen_file(request)
            told.append(error)

    assert screen_file(request, on_progress=meanwhile).rows == 20
    assert told


def test_a_folder_of_others_is_left_alone(request_of, tmp_path):
    precious = tmp_path / "mine"
    precious.mkdir()
    (precious / "part-00000.parquet").write_text("precious")
    with pytest.raises(InputError, match="belong to no screening"):
        screen_file(request_of(scratch=precious))
    assert (precious / "part-00000.parquet").read_text() == "precious"


# --- what cannot be done


class Deadly(ChunkRef):
    """A chunk that no process survives."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_process_that_dies_costs_its_chunk_and_no_other(request_of):
    request = request_of()
    request.folder.mkdir()
    prepared = prepare(request)
    first, second, *_ = prepared.refs
    refs = [first, Deadly(**vars(second))]
    reports = {report.number: report for report in run_chunks(prepared.request, refs, Workers(count=1))}
    assert reports[0].part == "part-00000.parquet"
    assert (reports[1].part, reports[1].rows, reports[1].failure["code"]) == ("", 4, "error.worker_died")


def damaged(path, *groups):
    """Damage some row groups of a file; the others can be read."""
    told, data = pq.read_metadata(path), bytearray(path.read_bytes())
    for group in groups:
        columns = [told.row_group(group).column(number) for number in range(told.num_columns)]
        begin = min(column.dictionary_page_offset or column.data_page_offset for column in columns)
        size = sum(column.total_compressed_size for column in columns)
        data[begin : begin + size] = b"\xff" * size
    path.write_bytes(data)
    return path


def test_a_chunk_that_cannot_be_read_is_named_and_the_rest_is_done(tmp_path):
    saved(power(30), tmp_path / "lines.parquet")
    request = asked(
        tmp_path,
        damaged(saved(street(30), tmp_path / "broken.parquet"), 1),
        "power=lines.parquet:dist",
        chunk_rows=5,
    )
    done = screen_file(request, workers=Workers(count=2))
    assert list(read(request).index) == [f"P{n}" for n in (*range(5), *range(10, 30))]
    assert (done.rows, done.missing_rows, done.finished) == (25, 5, True)
    lost = found(done, "city.chunk_failed")
    assert "Rows 5 to 9 of broken.parquet (5 parcels)" in lost.message()
    assert found(done, "city.rows_missing").value == 5
    assert Findings(done.findings).of("error")
    # Mended or not, another call tries what is missing again, and that alone.
    again = screen_file(request, overwrite=True)
    assert (again.resumed_rows, again.missing_rows) == (25, 5)


def test_without_any_chunk_nothing_is_written(tmp_path):
    saved(power(30), tmp_path / "lines.parquet")
    path = damaged(saved(street(10), tmp_path / "broken.parquet"), 0, 1)
    request = asked(tmp_path, path, "power=lines.parquet:dist", chunk_rows=10)
    done = screen_file(request)
    assert codes(done) == {"city.chunk_failed": 1, "city.rows_missing": 1}
    assert done.finished
    assert not request.out.exists()


@contextmanager
def files_no_longer_than(size):
    """As on a disk that is full: writing beyond this length of a file fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_the_run_and_keeps_what_is_done(tmp_path):
    saved(power(12), tmp_path / "lines.parquet")
    parcels = street(12)
    # Parcels with a ragged edge make the last part longer than the others.
    ragged = shapely.segmentize(parcels.geometry[8:].to_numpy(), 0.02)
    ragged = shapely.transform(ragged, lambda points: points + 0.01 * np.sin(7.0 * points))
    shapes = [*parcels.geometry[:8], *ragged]
    parcels = parcels.set_geometry(gpd.GeoSeries(shapes, crs=parcels.crs))
    request = asked(tmp_path, parcels, "power=lines.parquet:dist")
    with files_no_longer_than(40_000), pytest.raises(InputError) as error:
        screen_file(request)
    assert error.value.code == "error.disk_full"
    assert not request.out.exists()
    assert len(parts(request)) == 2
    done = screen_file(request)
    assert done.resumed_rows == 8
    assert request.out.read_bytes() == whole(request)


def test_an_output_that_cannot_be_written_is_as_it_was(request_of):
    request = request_of()
    request.out.write_text("older")
    with files_no_longer_than(8_000), pytest.raises(InputError):
        screen_file(request, overwrite=True)
    assert request.out.read_text() == "older"
    assert screen_file(request, overwrite=True).rows == 20


def test_a_day_of_the_data_is_part_of_the_request(request_of):
    request = request_of(as_of=date(2026, 1, 1))
    stopped(request)
    assert screen_file(replace(request, as_of=date(2026, 1, 2))).resumed_rows == 0
