"""DuckDB with its spatial extension, in memory, all threads, insertion order let go.

Corridors are cut by squares that shrink by four from 12.8 or 6.4 km to the last size (one step at once costs four times
as much), then joined with the parcels in one of two ways: by the operator SPATIAL_JOIN, which builds an R-tree, or by
the number of the square, a grid by hand. One union a parcel and kind follows only where there are several pieces, and
where one kind alone touches, its area is what the difference took away.

The engine gives a thread at least one row group, usually 122,880 rows: a smaller city would be screened by one thread.
Tables therefore have small row groups, and buffers and cutting, few rows that take long, run from one cursor a thread.

Variants name the way and the sizes, m. Tried at 100,000 parcels before these two measures, seconds: join 12800-200 2.8,
12800-400 2.9, 3200-800 2.9, 6400-400 3.0, 1600-400 3.2, 6400-100 5.9; grid 6400-400 3.0, 1600-400 3.4, 800-200 8.2;
shrinking by two instead of four 2.9 to 3.5.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import duckdb_extension_spatial

from contestants.case import KINDS, QUAD_SEGS, Answer, Case, Watch

_SHRINK = 4.0
_ROW_GROUP = 4096
"""Rows of a task. A thread takes at least one row group, and one of the usual size holds 122,880 rows."""

_CUT = """select kind, ix, iy, geom from (
  select kind, ix, iy, ST_Intersection(geom, ST_MakeEnvelope(ix*{m}, iy*{m}, (ix+1)*{m}, (iy+1)*{m})) geom from (
    select kind, geom, ix, {rows} iy from (
      select kind, geom, {columns} ix from {from_} where (ix + iy) % {threads} = {share})))
  where ST_Area(geom) > 0"""
_WIDEN = f"""select kind, n ix, 0 iy, ST_Buffer(geom, dist, {QUAD_SEGS}) geom
  from lines where n % {{threads}} = {{share}}"""
_COLUMNS = "kind varchar, ix bigint, iy bigint, geom geometry"
_CELLS = "unnest(range(floor(ST_{a}Min(geom)/{m})::bigint, floor(ST_{a}Max(geom)/{m})::bigint + 1))"
_JOIN = """create table pairs as select p.rowid id, s.kind, s.geom
  from parcels p join pieces s on ST_Intersects(p.geom, s.geom)"""
_GRID = """create table pairs as
  select p.id, s.kind, s.geom from (
    select distinct p.id, s.rowid sid from (
      select id, geom, ix, {rows} iy from (select rowid id, geom, {columns} ix from parcels)) p
    join pieces s on p.ix = s.ix and p.iy = s.iy where ST_Intersects(p.geom, s.geom)) p
  join pieces s on s.rowid = p.sid"""
_BY_KIND = """create table by_kind as
  with p as (select *, count(*) over (partition by id, kind) n from pairs)
  select id, kind, geom from p where n = 1
  union all select id, kind, ST_Union_Agg(geom) from p where n > 1 group by id, kind"""
_COVERS = """create table covers as
  with k as (select *, count(*) over (partition by id) n from by_kind)
  select id, kind, geom from k where n = 1
  union all select id, null, ST_Union_Agg(geom) from k where n > 1 group by id"""
_NET = """create table cut_parcels as
  select p.rowid id, c.kind, ST_Difference(p.geom, c.geom) net from parcels p join covers c on c.id = p.rowid"""
_SEVERAL = f"""create table several as
  select id, {", ".join(f"sum(a) filter (kind = '{kind}') {kind}" for kind in KINDS)} from (
    select k.id, k.kind, ST_Area(ST_Intersection(p.geom, k.geom)) a
    from by_kind k join covers c on c.id = k.id and c.kind is null join parcels p on p.rowid = k.id) group by id"""
_OF_KIND = (
    f"coalesce(case when kind is null then {kind} when kind = '{kind}' then area_m2 - developable_m2 end, 0)"
    f" blocked_m2_{kind}"
    for kind in KINDS
)
_RESULT = f"""create table result as
  select parcel_id, area_m2, {", ".join(_OF_KIND)}, area_m2 - developable_m2 blocked_m2, developable_m2,
    case when developable_m2 = 0 then 0 else ST_NumGeometries(net) end pieces, net
  from (select parcel_id, ST_Area(geom) area_m2, coalesce(net, geom) net, ST_Area(coalesce(net, geom)) developable_m2,
      kind, {", ".join(KINDS)}
    from parcels p left join cut_parcels c on c.id = p.rowid left join several s on s.id = p.rowid)"""


def _loaded(case: Case) -> duckdb.DuckDBPyConnection:
    extension = next(Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension"))
    base = duckdb.connect()
    base.load_extension(str(extension))
    base.execute(f"set threads = {case.threads}")
    base.execute("set preserve_insertion_order = false")
    base.execute(f"attach ':memory:' as small (row_group_size {_ROW_GROUP})")
    base.execute("use small")
    parcels = f"select parcel_id, geometry geom from read_parquet('{case.folder}/parcels/part-*.parquet')"
    rows = f"select * from (select *, row_number() over () - 1 n from ({parcels})) where n % {case.step} = 0"
    base.execute(f"create table parcels as {parcels if case.step == 1 else rows}")
    base.execute(
        "create table lines as"
        " select row_number() over (order by ST_Length(geometry) desc) n, kind, dist, geometry geom"
        f" from read_parquet('{case.lines_file}')"
    )
    return base


def run(case: Case, variant: str) -> Answer:
    """Screen in SQL; the answer is the table ``result`` with its geometries."""
    way, first, last = variant.split()
    base = _loaded(case)
    watch = Watch()

    def do(name: str, statement: str) -> None:
        with watch.step(name):
            base.execute(statement)

    def share_out(name: str, table: str, statement: str) -> None:
        """Fill a table from as many cursors as there are threads: these steps have few rows that take long."""

        def one(share: int) -> None:
            with base.cursor() as own:
                own.execute("use small")
                own.execute(f"insert into {table} {statement.format(threads=case.threads, share=share)}")

        base.execute(f"create table {table} ({_COLUMNS})")
        with watch.step(name), ThreadPoolExecutor(case.threads) as pool:
            list(pool.map(one, range(case.threads)))

    share_out("buffers", "cut_0", _WIDEN)
    metres, level = float(first), 0
    while metres >= float(last):
        cells = {"columns": _cells("X", metres), "rows": _cells("Y", metres)}
        cut = _CUT.format(m=metres, from_=f"cut_{level}", threads="{threads}", share="{share}", **cells)
        metres, level = metres / _SHRINK, level + 1
        share_out("subdivide", f"cut_{level}", cut)
    do("subdivide", f"alter table cut_{level} rename to pieces")
    smallest = metres * _SHRINK
    grid = _GRID.format(columns=_cells("X", smallest), rows=_cells("Y", smallest))
    do("pairs", grid if way == "grid" else _JOIN)
    do("unions", _BY_KIND)
    do("unions", _COVERS)
    do("differences", _NET)
    do("several kinds", _SEVERAL)
    do("result", _RESULT)
    table = base.execute("select * exclude net from result").df()
    return Answer(
        table, watch.seconds, watch.steps, cpu_s=watch.cpu_s, notes={"pieces": _count(base, "pieces")}
    )


def _cells(axis: str, metres: float) -> str:
    return _CELLS.format(a=axis, m=metres)


def _count(base: duckdb.DuckDBPyConnection, table: str) -> int:
    row = base.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
