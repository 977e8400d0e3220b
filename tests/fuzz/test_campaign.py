"""Thousands of damaged files: each is read or refused in a sentence, in time, and the program goes on.

``--fuzz-cases N`` sets how many; the same number gives the same files. A case that failed is written again by
``--fuzz-cases`` of the same size, and its number tells which. ``--log-cli-level=INFO`` shows how the files fared.
"""

import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from parcelplan.catalogue import LANGUAGES
from parcelplan.errors import ParcelPlanError
from parcelplan.findings import Findings
from parcelplan.io.guard import worker
from parcelplan.io.guard.limits import DEFAULT, MEBIBYTE
from tests.fuzz.mutations import WAYS, mutated
from tests.fuzz.samples import WRITERS, parts_of, put_together

LOG = logging.getLogger("fuzz")
LIMITS = replace(DEFAULT, time_s=10.0, memory_bytes=512 * MEBIBYTE, unpacked_bytes=64 * MEBIBYTE)
TABLES = (".csv", ".xlsx")
FAULTS = ("error.no_reader", "error.changed_while_read", "error.read_failed")
"""Refusals that no damage explains: our own readers know what damaged files make their libraries raise."""
PACKED_SHARE = 0.15
"""Cases whose files travel in a zip."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which every read of this campaign leaves what it leaves, and copies that read many files."""
    folder = tmp_path_factory.mktemp("scratch")
    pool = worker._Pool()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setattr(worker, "ENTRY", "tests.fuzz.many_a_copy")
        patch.setattr(worker, "_POOL", pool)
        yield folder
    pool.close()


def outcome_of(path: Path, suffix: str) -> str:
    """Read a file by the guarded door; the code of the refusal, or ``read``."""
    try:
        if suffix in TABLES:
            frame, findings = worker.read_table_guarded(path, limits=LIMITS)
        else:
            reading = worker.read_guarded(path, limits=LIMITS)
            frame, findings = reading.frame, reading.findings
            assert isinstance(frame, gpd.GeoDataFrame)
    except ParcelPlanError as error:
        assert_sentence(error, path)
        return error.code
    assert_told(findings)
    assert len(frame) >= 0
    return "read"


def assert_sentence(error: ParcelPlanError, path: Path) -> None:
    for lang in LANGUAGES:
        assert "Traceback" not in error.message(lang)
        assert path.name in error.message(lang)


def assert_told(findings: Findings) -> None:
    for lang in LANGUAGES:
        assert all(record["message"] for record in findings.records(lang))


@pytest.mark.parametrize("suffix", WRITERS)
def test_samples_are_read_while_they_are_whole(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    parts = parts_of(suffix, tmp_path / "in")
    for packed in (False, True) if suffix not in TABLES else (False,):
        folder = tmp_path / str(packed)
        folder.mkdir()
        assert outcome_of(put_together(parts, suffix, folder, packed=packed), suffix) == "read"


@pytest.mark.parametrize("suffix", WRITERS)
def test_damaged_files_are_read_or_refused(
    suffix: str, tmp_path: Path, scratch: Path, fuzz_cases: int
) -> None:
    (tmp_path / "in").mkdir()
    parts = parts_of(suffix, tmp_path / "in")
    outcomes: Counter[str] = Counter()
    for case in range(-(-fuzz_cases // len(WRITERS))):
        chance = random.Random(f"{suffix} {case}")
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            path = damaged(parts, suffix, Path(folder), chance)
            began = time.monotonic()
            outcome = outcome_of(path, suffix)
            assert time.monotonic() - began < LIMITS.time_s + worker.START_S, f"{suffix} {case}"
            assert outcome not in FAULTS, f"{suffix} {case}"
            assert list(scratch.iterdir()) == [], f"{suffix} {case}"
        outcomes[outcome] += 1
    LOG.info("%s: %s", suffix, dict(outcomes.most_common()))
    assert len(outcomes) > 1 or fuzz_cases < 10 * len(WRITERS), "nothing was refused: nothing was damaged"


def damaged(parts: dict[str, bytes], suffix: str, folder: Path, chance: random.Random) -> Path:
    """Write a sample with one of its files damaged, rarely with one missing, or the archive around them damaged."""
    names = list(parts)
    # The main file comes first, and more often than any other.
    chosen = names[0] if chance.random() < 0.4 else chance.choice(names)
    changed = dict(parts)
    packed = suffix not in TABLES and chance.random() < PACKED_SHARE
    if len(names) > 1 and chance.random() < 0.05:
        del changed[chosen]
    else:
        changed[chosen] = mutated(parts[chosen], parts[chance.choice(names)], chance)
    path = put_together(changed, suffix, folder, packed=packed)
    if path.suffix in (".zip", ".xlsx") and chance.random() < 0.3:
        path.write_bytes(mutated(path.read_bytes(), parts[names[0]], chance))
    return path


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_mutations_damage_and_repeat_themselves(way: object) -> None:
    data, donor = bytes(range(256)) * 8, b"donor" * 300
    results = [way(data, donor, random.Random(seed)) for seed in range(20)]
    assert results == [way(data, donor, random.Random(seed)) for seed in range(20)]
    assert sum(result != data for result in results) > 10
    assert isinstance(way(b"", b"", random.Random(1)), bytes)
