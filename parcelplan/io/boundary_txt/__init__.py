"""Boundary-point TXT (勘测定界界址点坐标交换格式): one reader of all dialects, and a writer by name of dialect."""

from parcelplan.io.boundary_txt.dialect import Dialect, dialect_named, dialect_of, dialects, header_of
from parcelplan.io.boundary_txt.reading import read_boundary_txt
from parcelplan.io.boundary_txt.writing import write_boundary_txt

__all__ = [
    "Dialect",
    "dialect_named",
    "dialect_of",
    "dialects",
    "header_of",
    "read_boundary_txt",
    "write_boundary_txt",
]
