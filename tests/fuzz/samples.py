"""A small sample in every format that is read, written by the tests themselves and taken apart into its files."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely.geometry import MultiPolygon, Point

from parcelplan.io.boundary_txt import write_boundary_txt
from parcelplan.io.vector.writing import write_vector
from tests.builders import frame, square

Parts = Mapping[str, bytes]
"""Names of files, the main one first, and what stands in them."""


def parcels() -> gpd.GeoDataFrame:
    """Parcels with a hole, two parts, Chinese names and missing values."""
    ring = square(0).difference(Point(35_632_850, 3_263_250).buffer(20, quad_segs=2))
    shapes = [ring, square(2), MultiPolygon([square(4), square(6)])]
    return frame(
        shapes,
        parcel_id=["P1", "P2", "P3"],
        name=["一号地块", None, "三号"],
        area_mu=[13.2, 15.0, None],
        phase=[1, 2, 3],
        on=pd.to_datetime(["2024-06-30", None, "2025-01-01"]),
    )


def _vector(folder: Path, suffix: str) -> Path:
    write_vector(parcels(), folder / f"land{suffix}")
    return folder / f"land{suffix}"


def _by_driver(folder: Path, suffix: str, driver: str) -> Path:
    plain = parcels().drop(columns="on").astype({"phase": "int32"}).explode(ignore_index=True)
    plain.to_file(folder / f"land{suffix}", driver=driver, engine="pyogrio")
    return folder / f"land{suffix}"


def _txt(folder: Path) -> Path:
    write_boundary_txt(parcels(), folder / "land.txt")
    return folder / "land.txt"


def _csv(folder: Path) -> Path:
    table = pd.DataFrame(parcels().drop(columns="geometry"))
    table.rename(columns={"area_mu": "面积（亩）"}).to_csv(
        folder / "land.csv", index=False, encoding="gb18030"
    )
    return folder / "land.csv"


def _xlsx(folder: Path) -> Path:
    table = pd.DataFrame(parcels().drop(columns="geometry"))
    table.rename(columns={"area_mu": "面积（亩）"}).to_excel(folder / "land.xlsx", index=False)
    return folder / "land.xlsx"


WRITERS: dict[str, Callable[[Path], Path]] = {
    **{
        suffix: lambda folder, suffix=suffix: _vector(folder, suffix)
        for suffix in (".gpkg", ".shp", ".geojson", ".fgb", ".parquet", ".kml", ".dxf")
    },
    ".gml": lambda folder: _by_driver(folder, ".gml", "GML"),
    ".mif": lambda folder: _by_driver(folder, ".mif", "MapInfo File"),
    ".gdb": lambda folder: _by_driver(folder, ".gdb", "OpenFileGDB"),
    ".txt": _txt,
    ".csv": _csv,
    ".xlsx": _xlsx,
}
PACKED = (".xlsx",)
"""Formats that are archives: their members are taken apart too, since a flipped byte outside ends at the checksum."""


def parts_of(suffix: str, folder: Path) -> Parts:
    """Write a sample into an empty folder and read its files."""
    main = WRITERS[suffix](folder)
    if suffix in PACKED:
        with zipfile.ZipFile(main) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path != main)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def put_together(parts: Parts, suffix: str, folder: Path, *, packed: bool) -> Path:
    """Write the files of a sample again, as a zip where they shall be packed; give the path to read."""
    if suffix in PACKED or packed:
        path = folder / f"land{suffix if suffix in PACKED else '.zip'}"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return path
    for name, content in parts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / f"land{suffix}"
