"""The engine of many machines: the same bytes as one machine, whoever dies, and a clear word where it cannot be."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from distributed import Client, KilledWorker, LocalCluster
from typer.testing import CliRunner

from geodata.city_build.region import Region
from parcelplan.city import _dask
from parcelplan.city.engines import Workers
from parcelplan.city.preparing import prepare
from parcelplan.city.request import LayerSpec, Request
from parcelplan.city.running import screen_file
from parcelplan.cli.app import app
from parcelplan.errors import ConfigError, InputError
from parcelplan.io.streams import partition_parcels

COUNT, PARTITIONS = 8_000, 8
KINDS = ("power", "river", "road")


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """A region in files: its parcels along a Hilbert curve in eight partitions, and its layers."""
    folder = tmp_path_factory.mktemp("region")
    made = Region(COUNT)
    for kind, layer in made.layers().items():
        layer.to_parquet(folder / f"{kind}.parquet")
    made.parcels().to_parquet(folder / "parcels.parquet", index=False)
    partition_parcels(folder / "parcels.parquet", folder / "parcels", rows_per_partition=COUNT // PARTITIONS)
    return folder


@pytest.fixture
def request_of(region):
    """Make a request for the region."""

    def make(out, parcels=None):
        layers = tuple(LayerSpec(kind=kind, path=region / f"{kind}.parquet", width="dist") for kind in KINDS)
        return Request(parcels=parcels or region / "parcels", out=out, constraints=layers)

    return make


@pytest.fixture(scope="module")
def alone(region, tmp_path_factory):
    """What one machine makes of it with threads, ascending by parcel."""
    layers = tuple(LayerSpec(kind=kind, path=region / f"{kind}.parquet", width="dist") for kind in KINDS)
    out = tmp_path_factory.mktemp("alone") / "out.parquet"
    outcome = screen_file(Request(parcels=region / "parcels", out=out, constraints=layers), engine="threads")
    assert (outcome.rows, outcome.chunks) == (COUNT, PARTITIONS)
    return in_order(out)


@pytest.fixture(scope="module")
def scheduler():
    """Address of a cluster that was there before us."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    ) as cluster:
        yield cluster.scheduler_address


def words_for(region, parcels, out):
    """The words of a call that screens with dask."""
    layers = [f"--constraint={kind}={region / kind}.parquet:dist" for kind in KINDS]
    return [str(word) for word in ("screen", parcels, *layers, "--out", out, "--engine", "dask")]


def in_order(path):
    """All columns of a file, geometry as the bytes of its WKB, ascending by parcel."""
    return pq.read_table(path).sort_by("parcel_id")


def worker_processes(parent):
    """Processes that dask started below a process."""
    below = psutil.Process(parent).children(recursive=True)
    return [item for item in below if any("spawn_main" in word for word in item.cmdline())]


def records(folder):
    """Parts that are noted down as done."""
    return {path.name for path in folder.glob("part-*.json")}


def wait_until(true, seconds=120.0):
    """Wait for something to become true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came to pass"
        time.sleep(0.005)


class Killer(threading.Thread):
    """Kills one of two workers while it has a chunk in work, after the first part has appeared.

    The worker is stopped first: what it has in work then stays in work until the other one has finished more.
    """

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.times, self.killed = folder, {}, None

    def run(self):
        wait_until(lambda: records(self.folder))
        victim = worker_processes(os.getpid())[0]
        victim.send_signal(signal.SIGSTOP)
        seen = records(self.folder)
        wait_until(lambda: len(records(self.folder)) > len(seen) + 1)
        self.times = part_times(self.folder)
        victim.kill()
        self.killed = victim.pid


def part_times(folder):
    """When each part that is noted down was written."""
    return {name: (folder / name).with_suffix(".parquet").stat().st_mtime_ns for name in records(folder)}


def test_a_worker_that_is_killed_costs_its_chunk_and_changes_no_byte(request_of, alone, tmp_path):
    request = request_of(tmp_path / "out.parquet")
    killer = Killer(request.folder)
    at_the_end = {}

    def watch(progress):
        if progress.step == "screen" and not killer.is_alive() and killer.killed is None:
            killer.start()
        if progress.step == "assemble":
            at_the_end.update(part_times(request.folder))

    outcome = screen_file(request, engine="dask", workers=Workers(count=2), on_progress=watch)
    killer.join(5.0)
    assert killer.killed is not None
    assert not psutil.pid_exists(killer.killed)
    assert 0 < len(killer.times) < PARTITIONS
    assert {name: at_the_end[name] for name in killer.times} == killer.times
    assert outcome.finished
    assert outcome.missing_rows == 0
    assert [item.value for item in outcome.findings if item.code == "city.worker_lost"] == [1]
    assert in_order(request.out).equals(alone)
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]
    assert worker_processes(os.getpid()) == []


def test_a_cluster_that_is_there_already_gives_the_same_and_stays(request_of, alone, scheduler, tmp_path):
    request = request_of(tmp_path / "out.parquet")
    outcome = screen_file(request, engine="dask", workers=Workers(scheduler=scheduler))
    assert outcome.rows == COUNT
    assert in_order(request.out).equals(alone)
    with Client(scheduler, set_as_default=False) as client:
        assert len(client.scheduler_info()["workers"]) == 2


def test_a_broken_partition_is_named_and_the_rest_is_done(region, alone, scheduler, tmp_path):
    parcels = tmp_path / "parcels"
    parcels.mkdir()
    for path in sorted((region / "parcels").iterdir()):
        (parcels / path.name).write_bytes(path.read_bytes())
    broken = sorted(parcels.glob("*.parquet"))[3]
    content = bytearray(broken.read_bytes())
    content[64 : len(content) // 2] = bytes(len(content) // 2 - 64)
    broken.write_bytes(content)
    out = tmp_path / "out.parquet"
    result = CliRunner().invoke(
        app,
        [*words_for(region, parcels, out), "--scheduler", scheduler, "--json"],
        env={"PARCELPLAN_LANG": "en"},
    )
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    rows = COUNT // PARTITIONS
    failures = [item for item in told["findings"] if item["code"] == "city.chunk_failed"]
    assert [(item["layer"], item["value"], item["severity"]) for item in failures] == [
        (broken.name, str(rows), "error")
    ]
    assert told["missing_rows"] == rows
    lost = pq.read_table(region / "parcels" / broken.name, columns=["parcel_id"])["parcel_id"].to_pylist()
    there = in_order(out)
    kept = [name not in set(lost) for name in alone["parcel_id"].to_pylist()]
    assert there.equals(alone.filter(kept))


def test_a_report_that_died_with_its_worker_is_read_instead_of_screened_again(request_of, tmp_path):
    prepared = prepare(request_of(tmp_path / "out.parquet"))
    ref = prepared.refs[2]
    first = _dask._screened(ref, prepared.request)
    before = part_times(prepared.request.folder)
    assert _dask._screened(ref, prepared.request) == first
    assert part_times(prepared.request.folder) == before
    assert not first.resumed


def test_a_chunk_that_fails_is_told_with_its_reason_and_a_lost_scheduler_ends_the_run(request_of, tmp_path):
    ref = prepare(request_of(tmp_path / "out.parquet")).refs[1]
    killed = KilledWorker("chunk", "tcp://10.0.0.7:4000", allowed_failures=2)
    report = _dask._report(ref, "error", (KilledWorker, killed, None))
    assert (report.number, report.rows, report.part) == (1, ref.rows, "")
    assert (report.failure["code"], report.failure["params"]) == ("error.chunk_kills_workers", {"count": 3})
    odd = _dask._report(ref, "error", (ZeroDivisionError, ZeroDivisionError("by what?"), None))
    assert odd.failure["params"] == {"reason": "ZeroDivisionError: by what?"}
    full = InputError("error.cannot_write", path="part", reason="No space left on device")
    with pytest.raises(InputError, match="No space left"):
        _dask._report(ref, "error", (InputError, full, None))
    for status in ("lost", "cancelled"):
        with pytest.raises(InputError, match="connection to the scheduler is gone"):
            _dask._report(ref, status, None)


def test_breaking_off_leaves_no_chunk_in_work(request_of, scheduler, tmp_path):
    prepared = prepare(request_of(tmp_path / "out.parquet"))
    coming = _dask.run_chunks(prepared.request, prepared.refs, Workers(scheduler=scheduler))
    next(coming)
    coming.close()
    there = part_times(prepared.request.folder)
    time.sleep(1.0)
    assert part_times(prepared.request.folder) == there
    assert len(there) < PARTITIONS


def test_a_scheduler_that_is_not_there_is_named(request_of, monkeypatch, tmp_path):
    monkeypatch.setattr(_dask, "CONNECT_S", 0.2)
    prepared = prepare(request_of(tmp_path / "out.parquet"))
    for address in ("tcp://127.0.0.1:9", "carrier-pigeon://roof:1"):
        with pytest.raises(ConfigError, match=f"No dask scheduler answers at {address}"):
            next(_dask.run_chunks(prepared.request, prepared.refs, Workers(scheduler=address)))


def test_a_scheduler_without_workers_is_named(request_of, monkeypatch, tmp_path):
    monkeypatch.setattr(_dask, "WORKERS_S", 0.2)
    prepared = prepare(request_of(tmp_path / "out.parquet"))
    options = {"dashboard_address": "127.0.0.1:0"}
    with LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", dashboard_address=None, scheduler_kwargs=options
    ) as cluster:
        workers = Workers(scheduler=cluster.scheduler_address)
        with pytest.raises(ConfigError, match=f"{cluster.scheduler_address} had no worker"):
            next(_dask.run_chunks(prepared.request, prepared.refs, workers))


def test_a_worker_that_does_not_see_the_files_is_named(request_of, scheduler, tmp_path):
    prepared = prepare(request_of(tmp_path / "out.parquet"))
    elsewhere = replace(prepared.request, parcels=Path("/mnt/nowhere/parcels"))
    with pytest.raises(InputError, match=r"tcp://.* cannot read or write /mnt/nowhere/parcels: No such file"):
        next(_dask.run_chunks(elsewhere, prepared.refs, Workers(scheduler=scheduler)))
    assert not list(prepared.request.folder.glob("seen-*"))


@pytest.mark.parametrize(
    ("place", "package", "version"),
    [
        ("workers", "shapely", "1.8.5"),
        ("workers", "parcelplan", None),
        ("scheduler", "distributed", "2020.1.0"),
    ],
)
def test_other_versions_on_a_cluster_are_named(scheduler, place, package, version):
    with Client(scheduler, set_as_default=False) as client:
        told = client.get_versions(packages=list(_dask.SAME))
    _dask._refuse_other_versions(told)
    odd = told["scheduler"] if place == "scheduler" else max(told["workers"].items())[1]
    odd["packages"][package] = version
    with pytest.raises(ConfigError, match=f"runs {package} {version or '-'}, we run"):
        _dask._refuse_other_versions(told)


def test_ctrl_c_ends_all_workers_and_the_next_call_goes_on(request_of, region, alone, tmp_path):
    request = request_of(tmp_path / "out.parquet")
    layers = [f"--constraint={kind}={region / kind}.parquet:dist" for kind in KINDS]
    command = [
        "screen",
        region / "parcels",
        *layers,
        "--out",
        request.out,
        "--engine",
        "dask",
        "--workers",
        "2",
    ]
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    call = [sys.executable, "-m", "parcelplan", *command]
    environment = os.environ | {"PYTHONPATH": str(Path(_dask.__file__).parents[2])}
    with subprocess.Popen(
        call, cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        wait_until(lambda: records(request.folder))
        below = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=90.0)
    assert running.returncode != 0
    assert "Traceback" not in said
    gone, left = psutil.wait_procs(below, timeout=20.0)
    assert not left
    assert len(gone) >= 2
    assert list(cwd.iterdir()) == []
    assert not request.out.exists()
    outcome = screen_file(request, engine="threads")
    assert 0 < outcome.resumed_rows < COUNT
    assert in_order(request.out).equals(alone)
