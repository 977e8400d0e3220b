"""Files that crash, stall, flood or rewrite their reader cost one read, and are named."""

import os
import struct
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import MultiPolygon, Point

from parcelplan.errors import CrsError, InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.guard import transfer, worker
from parcelplan.io.guard.limits import DEFAULT, MEBIBYTE
from parcelplan.io.guard.worker import layer_names_guarded, read_guarded, read_table_guarded
from parcelplan.io.vector.reading import ReadOptions, read_vector
from tests.builders import frame, row_of_parcels, square

Bad = Callable[[str], None]


BAD_READER = """
from parcelplan.io.guard import reader_process, transfer
import os, sys, tempfile, time
from pathlib import Path

good = reader_process.READERS["layer"]

def read(path, options):
    told = path.with_suffix(".py")
    if told.exists():
        exec(told.read_text(encoding="utf-8"))
    return good(path, options)

reader_process.READERS["layer"] = read
reader_process.FORKS = reader_process.FORKS and {forks}
reader_process.main()
"""


@pytest.fixture(scope="module")
def bad_entries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reading processes that do with a file what the script beside it says; one that copies itself, one that cannot."""
    folder = tmp_path_factory.mktemp("entries")
    for name, forks in (("bad_reader", True), ("bad_reader_once", False)):
        (folder / f"{name}.py").write_text(BAD_READER.replace("{forks}", str(forks)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield


@pytest.fixture(scope="module")
def bad_pool(bad_entries: None) -> Iterator[worker._Pool]:
    """Their processes, shared by the tests: each read happens in a copy."""
    own = worker._Pool()
    yield own
    own.close()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch, bad_pool: worker._Pool) -> worker._Pool:
    """Processes that can be told to misbehave."""
    monkeypatch.setattr(worker, "ENTRY", "bad_reader")
    monkeypatch.setattr(worker, "_POOL", bad_pool)
    return bad_pool


@pytest.fixture
def own_pool(monkeypatch: pytest.MonkeyPatch, bad_entries: None) -> Iterator[worker._Pool]:
    """Processes of one test alone."""
    own = worker._Pool()
    monkeypatch.setattr(worker, "_POOL", own)
    yield own
    own.close()


@pytest.fixture
def bad_reader(files: dict[str, Path]) -> Bad:
    """Say what a reader does before it reads the bad file."""

    def install(does: str) -> None:
        files["bad"].with_suffix(".py").write_text(textwrap.dedent(does), encoding="utf-8")

    return install


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same two parcels twice."""
    folder = tmp_path / "files"
    folder.mkdir()
    paths = {name: folder / f"{name}.gpkg" for name in ("good", "bad")}
    for path in paths.values():
        row_of_parcels(2).to_file(path, layer="land")
    return paths


def refusal(path: Path, **limits: float) -> InputError:
    with pytest.raises(InputError) as caught:
        read_guarded(path, limits=replace(DEFAULT, **limits))
    assert str(path) in caught.value.message("zh")
    assert "Traceback" not in str(caught.value)
    return caught.value


# --- what comes through


def test_a_guarded_read_gives_what_a_plain_one_gives(baishiyi: Path) -> None:
    path = baishiyi / "layers.gpkg"
    names = layer_names_guarded(path)
    assert "parcels" in names
    for layer in names:
        plain, guarded = (read(path, ReadOptions(layer=layer)) for read in (read_vector, read_guarded))
        assert_geodataframe_equal(plain.frame, guarded.frame)
        assert [item.record() for item in plain.findings] == [item.record() for item in guarded.findings]
        assert replace(plain, frame=None, findings=None) == replace(guarded, frame=None, findings=None)


def test_every_kind_of_value_and_shape_comes_through(tmp_path: Path) -> None:
    shapes = [square(0), None, Point(), Point(1, 2, 3), MultiPolygon([square(2), square(4)])]
    given = frame(
        shapes,
        parcel_id=["宗地", None, "", "'\"", "\x00"],
        count=[1, 2, 3, 4, 5],
        share=[0.5, None, float("inf"), -0.0, 1e300],
        on=pd.to_datetime(["2024-06-30", None, "1901-01-02", "2024-06-30", None]),
        day=[date(2024, 6, 30), None, None, None, None],
        yes=[True, False, True, False, True],
    )
    given.index = pd.Index(["a", "b", "c", "d", "e"], name="id")
    transfer.put_frame(tmp_path, given)
    assert_geodataframe_equal(given, transfer.take_frame(tmp_path))
    with np.errstate(invalid="ignore"):
        transfer.put_frame(tmp_path, given.set_geometry([Point(1, float("nan"))] * 5))
    assert transfer.take_frame(tmp_path).geometry.x.tolist() == [1.0] * 5
    doubled = given.set_axis(["", "", "count", "share", "on", "day", "geometry"], axis="columns")
    transfer.put_frame(tmp_path, doubled)
    assert list(transfer.take_frame(tmp_path).columns) == list(doubled.columns)
    nobody_knows = given.set_crs(None, allow_override=True)
    transfer.put_frame(tmp_path, nobody_knows)
    assert transfer.take_frame(tmp_path).crs is None


def test_findings_come_through_with_their_sentences(tmp_path: Path) -> None:
    found = Findings(
        [
            Finding(code="crs.unknown", layer="地块", value="EPSG:4523"),
            Finding(
                code="read.no_limits", value=Path("a.zip"), params={"on": date(2024, 1, 2), "share": 0.25}
            ),
        ]
    )
    transfer.put_answer(tmp_path, {"findings": transfer.finding_records(found)})
    taken = transfer.findings_of(transfer.take_answer(tmp_path)["findings"])
    assert [item.record("zh") for item in taken] == [item.record("zh") for item in found]


def test_an_error_of_the_reader_is_the_same_error_here(tmp_path: Path, files: dict[str, Path]) -> None:
    with pytest.raises(CrsError, match="nonsense"):
        read_guarded(files["good"], ReadOptions(crs="nonsense"))
    with pytest.raises(InputError, match=r"rivers.*land"):
        read_guarded(files["good"], ReadOptions(layer="rivers"))
    assert refusal(tmp_path / "nothing.gpkg").code == "error.no_file"


def test_files_are_named_as_the_caller_named_them(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files["good"].parent)
    assert read_guarded("good.gpkg").path == Path("good.gpkg")
    Path("half.gpkg").write_bytes(files["good"].read_bytes()[:2000])
    with pytest.raises(InputError, match=r"^half\.gpkg"):
        read_guarded("half.gpkg")


def test_tables_are_read_by_the_same_door(tmp_path: Path) -> None:
    path = tmp_path / "works.csv"
    path.write_text("work_id,名称\nW1,征地\n", encoding="gb18030")
    table, findings = read_table_guarded(path)
    assert table["名称"].tolist() == ["征地"]
    assert not findings.of("error")


def test_reads_at_the_same_time_do_not_wait_for_each_other(
    files: dict[str, Path], pool: worker._Pool
) -> None:
    counts: list[int] = []

    def read() -> None:
        counts.append(len(read_guarded(files["good"]).frame))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2] * 4
    assert len(pool._idle) <= worker.IDLE_KEPT


# --- what is survived


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no signals")
def test_a_crash_costs_one_read_and_no_process(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool
) -> None:
    bad_reader("os.abort()")
    assert len(read_guarded(files["good"]).frame) == 2
    before = [process._process.pid for process in pool._idle]
    error = refusal(files["bad"])
    assert (error.code, error.params["how"]) == ("error.read_crashed", "SIGABRT")
    assert len(read_guarded(files["good"]).frame) == 2
    if sys.platform == "linux":
        assert [process._process.pid for process in pool._idle] == before


def test_where_nothing_can_be_copied_each_read_has_its_own_process(
    bad_reader: Bad, files: dict[str, Path], own_pool: worker._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ENTRY", "bad_reader_once")
    bad_reader("os.abort()")
    assert refusal(files["bad"]).code == "error.read_crashed"
    assert len(read_guarded(files["good"]).frame) == 2
    assert len(read_guarded(files["good"]).frame) == 2


def test_a_read_that_never_ends_is_ended(bad_reader: Bad, files: dict[str, Path], pool: worker._Pool) -> None:
    bad_reader("time.sleep(300)")
    read_guarded(files["good"])
    pid = pool._idle[-1]._process.pid
    began = time.monotonic()
    error = refusal(files["bad"], time_s=0.3)
    assert error.code == "error.read_too_slow"
    assert "0.3" in str(error)
    assert time.monotonic() - began < 10
    assert not _runs(pid)
    assert len(read_guarded(files["good"]).frame) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no memory here")
def test_a_read_that_takes_all_memory_is_ended(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool
) -> None:
    bad_reader("bytearray(400 * 2**20)")
    assert refusal(files["bad"], memory_bytes=300 * MEBIBYTE).params["limit"] == "300.0"
    assert refusal(files["bad"], memory_bytes=300 * MEBIBYTE).code == "error.read_memory"
    assert len(read_guarded(files["bad"], limits=replace(DEFAULT, memory_bytes=900 * MEBIBYTE)).frame) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no files here")
def test_a_read_that_writes_without_end_is_ended(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool
) -> None:
    bad_reader("Path(tempfile.gettempdir(), 'flood').write_bytes(bytes(50 * 2**20))")
    assert refusal(files["bad"], unpacked_bytes=MEBIBYTE).code == "error.read_failed"


@pytest.mark.parametrize(
    "raised", ["ValueError('odd')", "RecursionError()", "SystemExit(3)", "KeyboardInterrupt()"]
)
def test_whatever_a_reader_raises_is_a_sentence(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool, raised: str
) -> None:
    bad_reader(f"raise {raised}")
    error = refusal(files["bad"])
    assert error.code == "error.read_failed"
    assert raised.partition("(")[0] in str(error)


def test_nothing_stays_behind(
    bad_reader: Bad,
    files: dict[str, Path],
    pool: worker._Pool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(worker.tempfile, "tempdir", str(scratch))
    bad_reader("raise ValueError(tempfile.gettempdir())")
    assert str(scratch) in str(refusal(files["bad"]))
    bad_reader("Path(tempfile.mkdtemp(), 'half').write_bytes(b'x')\nos.abort()")
    refusal(files["bad"])
    assert list(scratch.iterdir()) == []


def test_a_file_that_changes_while_read_is_refused(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool
) -> None:
    bad_reader("path.open('ab').write(b'more')")
    assert refusal(files["bad"]).code == "error.changed_while_read"


@pytest.mark.parametrize(
    "forged",
    [
        "transfer.put_answer = lambda *_: None",
        "transfer.put_answer = lambda folder, _: (folder / 'answer.json').write_text('[]')",
        "transfer.put_answer = lambda folder, _: (folder / 'answer.json').write_text('{\"error\": {}}')",
        "transfer.error_record = lambda _: {'kind': 'SystemExit', 'code': 'error.no_file'}\nraise KeyError",
        "transfer.finding_records = lambda _: [{'code': 'made.up'}]",
        "transfer.put_frame = lambda folder, _: (folder / 'frame.arrow').write_bytes(b'ARROW1')",
        "transfer.put_frame = lambda *_: None",
    ],
)
def test_a_process_that_was_taken_over_is_not_believed(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool, forged: str
) -> None:
    bad_reader(forged)
    assert refusal(files["bad"]).code in {"error.read_crashed", "error.read_failed"}


def test_arrow_buffers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """An offset beyond its text would make whoever reads it leave the buffer."""
    transfer.put_frame(tmp_path, pd.DataFrame({"name": ["a" * 7777]}))
    raw = (tmp_path / transfer.FRAME).read_bytes()
    good, wrong = (struct.pack("<qq", 0, end) for end in (7777, 2**40))
    assert raw.count(good) == 1
    (tmp_path / transfer.FRAME).write_bytes(raw.replace(good, wrong))
    with pytest.raises(pa.ArrowInvalid):
        transfer.take_frame(tmp_path)


def test_a_process_that_cannot_start_is_told(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, Path], own_pool: worker._Pool
) -> None:
    monkeypatch.setattr(worker, "ENTRY", "no_such_module")
    assert refusal(files["good"]).code == "error.no_reader"


def test_virtual_datasets_are_unknown_to_the_reader(
    bad_reader: Bad, files: dict[str, Path], pool: worker._Pool
) -> None:
    """GDAL goes by content: a virtual dataset under any name would open whatever it names."""
    bad_reader(
        """
        import pyogrio
        secret = path.with_name("secret.csv")
        secret.write_text("word,x\\nhidden,1\\n")
        inner = '<OGRVRTLayer name="secret"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer>'
        virtual = f"<OGRVRTDataSource>{inner}</OGRVRTDataSource>"
        decoy = Path(tempfile.gettempdir(), "decoy.gml")
        decoy.write_text(virtual.format(secret))
        raise ValueError(str(pyogrio.read_dataframe(decoy)))
        """
    )
    error = refusal(files["bad"])
    assert "hidden" not in str(error)
    assert "not recognized" in str(error)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no process groups")
def test_processes_end_with_the_program(files: dict[str, Path]) -> None:
    """Also where the program is killed: the reader's standard input ends then."""
    script = (
        "import os, sys, time\n"
        "from parcelplan.io.guard import worker\n"
        "worker.read_guarded(sys.argv[1])\n"
        "print(worker._POOL._idle[0]._process.pid, flush=True)\n"
        "os._exit(0) if sys.argv[2] == 'killed' else None\n"
    )
    for way in ("killed", "ended"):
        done = subprocess.run(
            [sys.executable, "-c", script, files["good"], way], capture_output=True, text=True, check=True
        )
        pid = int(done.stdout)
        for _ in range(100):
            if not _runs(pid):
                break
            time.sleep(0.05)
        assert not _runs(pid)
        assert done.stderr == ""


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
