"""A workbook of the kind before 2007 (BIFF8 in a compound file), written byte by byte: no kept package writes it."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

SECTOR = 512
STREAM_SECTORS = 8
NO_SECTOR, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
DATE_FORMAT = 14

Place = tuple[int, int]


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def text_of(text: str, length: str = "<H") -> bytes:
    return struct.pack(length, len(text)) + b"\x01" + text.encode("utf-16-le")


def beginning(kind: int) -> bytes:
    return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def style(number_format: int) -> bytes:
    return record(0x00E0, struct.pack("<HHH", 0, number_format, 1) + bytes(14))


def cell(place: Place, value: str | float, days: Sequence[Place]) -> bytes:
    head = struct.pack("<HHH", *place, 1 if place in days else 0)
    if isinstance(value, str):
        return record(0x0204, head + text_of(value))
    return record(0x0203, head + struct.pack("<d", value))


def sheet_of(
    cells: Mapping[Place, str | float], merged: Sequence[tuple[Place, Place]], days: Sequence[Place]
) -> bytes:
    areas = b"".join(
        struct.pack("<HHHH", top, bottom, left, right) for (top, left), (bottom, right) in merged
    )
    body = b"".join(cell(place, value, days) for place, value in sorted(cells.items()))
    return beginning(0x10) + body + record(0x00E5, struct.pack("<H", len(merged)) + areas) + record(0x0A)


def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    title = (name + "\0").encode("utf-16-le") if name else b""
    links = struct.pack("<BBIII", kind, 1, NO_SECTOR, NO_SECTOR, child)
    return (
        title.ljust(64, b"\0")
        + struct.pack("<H", len(title))
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def write_old_workbook(
    path: Path,
    cells: Mapping[Place, str | float],
    *,
    merged: Sequence[tuple[Place, Place]] = (),
    days: Sequence[Place] = (),
    epoch_1904: bool = False,
) -> Path:
    """Write one sheet called 表; places are (row, column) from 0, ``days`` are the cells shown as days."""
    front = beginning(0x05) + record(0x0022, struct.pack("<H", epoch_1904)) + style(0) + style(DATE_FORMAT)
    name = struct.pack("<H", 0) + text_of("表", "<B")
    offset = len(front) + len(record(0x0085, bytes(4) + name)) + len(record(0x0A))
    book = front + record(0x0085, struct.pack("<I", offset) + name) + record(0x0A)
    stream = (book + sheet_of(cells, merged, days)).ljust(STREAM_SECTORS * SECTOR, b"\0")
    chain = [FAT_SECTOR, END, *range(3, 2 + STREAM_SECTORS), END]
    fat = b"".join(struct.pack("<I", number) for number in chain).ljust(SECTOR, b"\xff")
    folder = entry("Root Entry", 5, 1, END, 0) + entry("Workbook", 2, NO_SECTOR, 2, len(stream))
    folder += 2 * entry("", 0, NO_SECTOR, 0, 0)
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<I", 0)
    path.write_bytes(header.ljust(SECTOR, b"\xff") + fat + folder + stream)
    return path
