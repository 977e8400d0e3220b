"""Files cut, flipped, spliced and shuffled: a reading with findings or a refusal, never anything else."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcelplan.errors import CrsError, InputError
from parcelplan.io.boundary_txt import dialect_of, dialects, read_boundary_txt, write_boundary_txt
from tests.io.boundary_txt.shapes import NESTED, at, parcels

WORDS = (
    *(
        word.encode("gbk")
        for word in (",", "@", "\n", "=", "[", "]", "面", "线", "点", "１", "J1,1,", "1公顷", "【")
    ),
    *(
        b"nan",
        b"inf",
        b"1e308",
        b"1e7",
        b"-0",
        b"9" * 400,
        b"9" * 5000,
        b"J" + b"0" * 300 + b"1",
        b"\xff",
        b"\0",
    ),
    *("²".encode(), b"35632800.000", b"3263300.000", b"106.5", b"29.5", b"\r", b",,,,", b".", b"_"),
)


@cache
def seeds() -> tuple[bytes, ...]:
    frame = parcels(NESTED, at(300, 0, 340, 40), note=["甲", None], declared_area_m2=[5700.0, 1600.0])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.txt"
        for name in dialects():
            write_boundary_txt(frame, path, dialect=name)
            found.append(path.read_bytes())
    return tuple(found)


def mutated(seed: bytes, other: bytes, steps: list[tuple[int, float, float]]) -> bytes:
    content = seed
    for kind, where, how in steps:
        place = int(where * len(content))
        size = int(how * 300)
        if kind == 0:
            content = content[:place] + content[place + size :]
        elif kind == 1 and content:
            place = min(place, len(content) - 1)
            content = (
                content[:place] + bytes([content[place] ^ (1 << int(how * 7.99))]) + content[place + 1 :]
            )
        elif kind == 2:
            content = content[:place] + WORDS[int(how * (len(WORDS) - 0.01))] + content[place:]
        elif kind == 3:
            content = content[:place] + other[place : place + size] + content[place:]
        elif kind == 4:
            lines = content.split(b"\n")
            order = np.random.default_rng(place).permutation(len(lines))
            content = b"\n".join(lines[line] for line in order)
        else:
            content = content[:place]
    return content


STEPS = st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 100), second=st.integers(0, 100), steps=STEPS)
def test_mutated_files_are_read_or_refused(
    tmp_path: Path, first: int, second: int, steps: list[tuple[int, float, float]]
) -> None:
    path = tmp_path / "hostile.txt"
    files = seeds()
    path.write_bytes(mutated(files[first % len(files)], files[second % len(files)], steps))
    try:
        reading = read_boundary_txt(path)
    except InputError as refusal:
        if path.name in str(refusal):
            return
        raise
    frame = reading.frame
    assert len(frame) >= 1
    assert all(finding.message(lang) for finding in reading.findings for lang in ("zh", "en"))
    assert np.isfinite(shapely.get_coordinates(frame.geometry.to_numpy())).all()
    if shapely.get_dimensions(frame.geometry.to_numpy()).max() == 2:
        try:
            write_boundary_txt(frame, tmp_path / "again.txt", dialect=dialect_of(frame))
        except CrsError:
            # Figures that are no degrees any more cannot be written as such while nobody knows what they are.
            assert frame.crs is None
            return
        assert len(read_boundary_txt(tmp_path / "again.txt").frame) >= 1


def test_rings_nested_in_contradiction_make_faces_all_the_same(tmp_path: Path) -> None:
    """A hole whose smallest surrounding ring is itself a hole: only rings that cross can be so."""
    rng = np.random.default_rng(7)
    for trial in range(40):
        corners = rng.integers(0, 60, size=(6, 2, 2))
        shapes = [at(*low, *(low + 5 + high)) for low, high in corners]
        rows = [
            f"J{number},{ring},{y:.3f},{x:.3f}"
            for ring, shape in enumerate(shapes, start=1)
            for number, (x, y) in enumerate(shapely.get_coordinates(shape).tolist(), start=1)
        ]
        path = tmp_path / f"{trial}.txt"
        path.write_text("[地块坐标]\n,,P1,甲,面,,,,@\n" + "\n".join(rows), encoding="utf-8")
        assert read_boundary_txt(path).frame.geometry[0] is not None
