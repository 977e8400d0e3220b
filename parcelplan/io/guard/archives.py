"""Archives and folders on their way to a reader: looked through first, unpacked within limits, one dataset chosen."""

from __future__ import annotations

import re
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from parcelplan.errors import InputError, ParcelPlanError
from parcelplan.io.guard.footprint import SIDE_FILES, files_of, mebibytes, refuse_odd_files
from parcelplan.io.guard.limits import CURRENT, Limits
from parcelplan.io.guard.xml_prolog import refuse_entities

ARCHIVES = (".zip", ".kmz")
"""Archives that are unpacked to read what is inside."""
_PACKED_DOCUMENTS = (".xlsx", ".xlsm")
"""Documents that are archives themselves; their reader unpacks them, so that only their members are looked at."""
_NESTED = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tar", ".tgz", ".bz2", ".xz")
_KINDS = (
    (".gdb",),
    (".shp", ".gpkg", ".geojson", ".fgb", ".parquet", ".geoparquet", ".kml", ".gml", ".dxf", ".tab", ".mif"),
    (".json", ".txt"),
    (".csv", ".xlsx"),
)
"""What an archive is searched for: a dataset of a later row counts only where there is none of an earlier one."""
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_DRIVE = re.compile(r"^[A-Za-z]:")
_CHUNK = 1_048_576
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_SHOWN_NAMES = 10

Members = Mapping[str, zipfile.ZipInfo]


@contextmanager
def opened(path: Path, limits: Limits | None = None, *, member: str | None = None) -> Iterator[Path]:
    """Give the path that a reader may open, after everything that can be known before reading has been checked.

    Parameters
    ----------
    path
        A file, a ``.gdb`` folder, or a ``.zip`` or ``.kmz`` with one dataset inside.
    limits
        Sizes and counts that are not exceeded, whatever an archive says of itself; those of the read that is going
        on where None.
    member
        Dataset inside an archive that holds several, by its name with or without folder and suffix.

    Yields
    ------
    pathlib.Path
        ``path`` itself, or the dataset's main file in a temporary folder that is removed at the end of the block.

    Raises
    ------
    InputError
        The file is missing or too large, a link leads outside, an archive is damaged, encrypted, a bomb or names
        places outside itself, there is no dataset inside or more than one, a ``.gdb`` lacks parts, or XML defines
        entities.
    """
    limits = limits or CURRENT.get()
    refuse_odd_files(path, limits)
    suffix = path.suffix.lower()
    if path.is_dir():
        _refuse_folder(path)
        yield path
    elif suffix in ARCHIVES:
        with tempfile.TemporaryDirectory(prefix="parcelplan-", ignore_cleanup_errors=True) as folder:
            inside = unpack(path, Path(folder), limits, member=member)
            if suffix == ".kmz":
                _refuse_packed_entities(path, Path(folder) / "parts", limits)
            with _speaking_of(path, Path(folder)):
                _refuse_folder(inside) if inside.is_dir() else refuse_entities(inside)
                yield inside
    else:
        if suffix in _PACKED_DOCUMENTS:
            with _archive(path, limits):
                pass
        refuse_entities(path)
        yield path


@contextmanager
def _speaking_of(path: Path, folder: Path) -> Iterator[None]:
    """Let errors about unpacked files name the archive, since the folder is gone when they are read."""
    try:
        yield
    except ParcelPlanError as error:
        error.params = {name: _renamed(value, path, folder) for name, value in error.params.items()}
        raise


def _renamed(value: object, path: Path, folder: Path) -> object:
    if isinstance(value, str | Path | BaseException) and str(folder) in str(value):
        return str(value).replace(str(folder), str(path))
    return value


def datasets_in(path: Path, limits: Limits | None = None) -> tuple[str, ...]:
    """Names of the datasets in an archive, each good as ``member`` of :func:`opened`; nothing is unpacked."""
    limits = limits or CURRENT.get()
    refuse_odd_files(path, limits)
    with _archive(path, limits) as (_, members):
        return tuple(_datasets(members))


# --- folders


def _refuse_folder(folder: Path) -> None:
    """Refuse a folder that is no file geodatabase, and one that lacks a table's data or its index."""
    if folder.suffix.lower() != ".gdb":
        raise InputError("error.is_folder", file=folder)
    files = {file.name.lower(): file for file in files_of(folder)}
    tables = {name.partition(".")[0] for name in files if name.endswith((".gdbtable", ".gdbtablx"))}
    wanted = {f"{table}.gdbtable" for table in tables | {"a00000001"}}
    # A table without rows may do without an index.
    wanted |= {f"{table}.gdbtablx" for table in tables if _rows(files.get(f"{table}.gdbtable"))}
    if missing := sorted(name for name in wanted if name not in files or not files[name].stat().st_size):
        raise InputError("error.gdb_incomplete", file=folder, parts=_listed(missing))


def _rows(table: Path | None) -> int:
    """Count the rows of a table of a geodatabase by its head; 1 where there is none to read."""
    if table is None:
        return 1
    with table.open("rb") as file:
        head = file.read(8)
    return int.from_bytes(head[4:], "little") if len(head) == len(b"mark") + len(b"rows") else 1


# --- archives


def unpack(path: Path, folder: Path, limits: Limits, *, member: str | None = None) -> Path:
    """Unpack the one dataset of an archive, and nothing else, into a folder.

    Returns
    -------
    pathlib.Path
        The dataset's main file, or its ``.gdb`` folder.
    """
    with _archive(path, limits) as (packed, members):
        main = _chosen(path, members, member)
        left = limits.unpacked_bytes
        for name, target in _parts(main, members).items():
            to = folder / target
            to.parent.mkdir(exist_ok=True)
            with packed.open(members[name]) as source, to.open("wb") as sink:
                left -= _copy(source, sink, left, path, limits)
        return folder / (PurePosixPath(main).name if main.lower().endswith(".gdb") else _plain_name(main))


def _refuse_packed_entities(path: Path, folder: Path, limits: Limits) -> None:
    """Look into every document of a KMZ: its own reader joins them all."""
    folder.mkdir()
    with _archive(path, limits) as (packed, members):
        left = limits.unpacked_bytes
        for name in (name for name in members if name.lower().endswith(".kml")):
            part = folder / "part.kml"
            with packed.open(members[name]) as source, part.open("wb") as sink:
                left -= _copy(source, sink, left, path, limits)
            with _speaking_of(path, folder):
                refuse_entities(part)


@contextmanager
def _archive(path: Path, limits: Limits) -> Iterator[tuple[zipfile.ZipFile, Members]]:
    """Open an archive and check every name, size and flag in it before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed, _checked(path, packed.infolist(), limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        ValueError,
        RuntimeError,
    ) as error:
        raise InputError("error.zip_broken", file=path, reason=error) from error


def _checked(path: Path, infos: Sequence[zipfile.ZipInfo], limits: Limits) -> Members:
    if len(infos) > limits.members:
        raise InputError("error.too_many_files", file=path, count=len(infos), limit=limits.members)
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = member_name(info)
        _refuse_name(path, name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError("error.zip_link", file=path, member=name)
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise InputError("error.zip_encrypted", file=path, member=name)
        if not name.endswith("/"):
            members[name] = info
    _refuse_doubles(path, infos)
    _refuse_bomb(path, members, limits)
    return members


def member_name(info: zipfile.ZipInfo) -> str:
    """Name of a member with ``/`` between folders, in the encoding that whoever packed it used.

    Without the UTF-8 mark the format promises code page 437, but Chinese Windows writes GBK and macOS UTF-8.
    """
    name = info.filename
    if not info.flag_bits & _UTF8_FLAG:
        for encoding in ("utf-8", "gb18030"):
            try:
                name = info.filename.encode("cp437").decode(encoding)
                break
            except UnicodeError:
                continue
    return name.replace("\\", "/")


def _refuse_name(path: Path, name: str) -> None:
    parts = name.split("/")
    odd = any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name)
    if odd or name.startswith("/") or ".." in parts or _DRIVE.match(name) or not name.strip("/ ."):
        raise InputError("error.zip_slip", file=path, member=name.encode("unicode_escape").decode("ascii"))


def _refuse_doubles(path: Path, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse two members that one disk or another would take for the same file."""
    counts = Counter(unicodedata.normalize("NFC", member_name(info)).casefold() for info in infos)
    if doubles := sorted(name for name, count in counts.items() if count > 1):
        raise InputError("error.zip_doubles", file=path, members=_listed(doubles))


def _refuse_bomb(path: Path, members: Members, limits: Limits) -> None:
    unpacked = sum(info.file_size for info in members.values())
    packed = min(path.stat().st_size, sum(info.compress_size for info in members.values()))
    if unpacked > limits.unpacked_bytes:
        _refuse_size(path, unpacked, limits)
    if unpacked > limits.ratio_from_bytes and unpacked > limits.ratio * packed:
        raise InputError(
            "error.zip_bomb",
            file=path,
            packed=mebibytes(packed),
            unpacked=mebibytes(unpacked),
            ratio=limits.ratio,
        )


def _refuse_size(path: Path, size: int, limits: Limits) -> None:
    limit = mebibytes(limits.unpacked_bytes)
    raise InputError("error.unpacked_too_large", file=path, size=mebibytes(size), limit=limit)


def _copy(source: IO[bytes], sink: IO[bytes], left: int, path: Path, limits: Limits) -> int:
    """Copy a member while counting: what the archive says of its sizes need not be true."""
    copied = 0
    while chunk := source.read(_CHUNK):
        copied += len(chunk)
        if copied > left:
            _refuse_size(path, limits.unpacked_bytes - left + copied, limits)
        sink.write(chunk)
    return copied


# --- which dataset


def _chosen(path: Path, members: Members, wanted: str | None) -> str:
    """The main file of the only dataset, or of the one that is wanted."""
    found = _datasets(members)
    if path.suffix.lower() == ".kmz" and wanted is None:
        found = [name for name in found if name.lower() == "doc.kml"] or found
    if wanted is not None:
        found = [
            name for name in found if wanted in (name, PurePosixPath(name).name, PurePosixPath(name).stem)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError("error.zip_several", file=path, members=_listed(found))
    nested = [name for name in members if name.lower().endswith(_NESTED)]
    if nested:
        raise InputError("error.zip_nested", file=path, members=_listed(nested))
    raise InputError("error.zip_empty", file=path, members=_listed(sorted(members)) or "–")


def _datasets(members: Members) -> list[str]:
    names = [name for name in members if not _JUNK.search(name)]
    folders = {match[1] for name in names if (match := re.match(r"(.*?\.gdb)/", name, re.IGNORECASE))}
    loose = [name for name in names if not any(name.startswith(f"{folder}/") for folder in folders)]
    for suffixes in _KINDS:
        if found := sorted(name for name in (*folders, *loose) if name.lower().endswith(suffixes)):
            return found
    return []


def _parts(main: str, members: Members) -> dict[str, str]:
    """Members of a dataset → where they go, side files under the very name of the main file."""
    whole = PurePosixPath(main)
    if whole.suffix.lower() == ".gdb":
        inside = (name for name in members if name.startswith(f"{main}/"))
        return {name: f"{whole.name}/{PurePosixPath(name).name}" for name in inside}
    stem, suffix = str(whole.with_suffix("")).casefold(), whole.suffix.lower()
    parts = {main: _plain_name(main)}
    for name in members:
        other = PurePosixPath(name)
        beside = other.suffix.lower() in SIDE_FILES.get(suffix, ())
        if beside and str(other.with_suffix("")).casefold() == stem:
            parts[name] = f"{whole.stem}{other.suffix.lower()}"
    return parts


def _plain_name(main: str) -> str:
    return PurePosixPath(main).stem + PurePosixPath(main).suffix.lower()


def _listed(names: Sequence[str]) -> str:
    more = ["…"] if len(names) > _SHOWN_NAMES else []
    return ", ".join([*names[:_SHOWN_NAMES], *more])
