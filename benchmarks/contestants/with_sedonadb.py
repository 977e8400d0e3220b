"""SedonaDB, in memory, as many partitions as threads.

The steps are those of DuckDB's join: corridors cut by squares that shrink by four, the spatial join of the engine, one
union where a parcel has several pieces, and where one kind alone touches, its area is what the difference took away.
Intermediate tables are kept in memory, so that nothing is computed twice. ``geos`` and ``tg`` are the libraries that
its join may ask for the exact predicate. Unions are ``ST_UnaryUnion`` of a collection, which is no slower here than the
aggregate ``ST_Union_Agg``.

Each square of the first cut takes a copy of the whole corridor along; where rivers are long, squares of 6.4 km make
more of that than a batch holds, and the engine gives up.

Variants name library and sizes, m. Tried at 100,000 parcels on two busy cores, seconds: tg 6400-400 5.4, geos 6400-400
7.5.
"""

from __future__ import annotations

import pandas as pd
import sedona.db

from contestants.case import KINDS, QUAD_SEGS, Answer, Case, Watch

_SHRINK = 4.0
_SRID = 4523

_CELLS = "unnest(range(cast(floor(ST_{a}Min(geom)/{m}) as bigint), cast(floor(ST_{a}Max(geom)/{m}) as bigint) + 1))"
_CUT = """select kind, geom from (
  select kind, ST_Intersection(geom, ST_SetSRID(
    ST_MakeEnvelope(ix*{m}, iy*{m}, (ix+1)*{m}, (iy+1)*{m}), {srid})) geom from (
    select kind, geom, ix, {rows} iy from (select kind, geom, {columns} ix from {from_}))) where ST_Area(geom) > 0"""
_UNITED = "ST_UnaryUnion(ST_Collect_Agg(geom))"
_STEPS = {
    "pairs": """select p.row, p.geom parcel, s.kind, s.geom
        from parcels p join pieces s on ST_Intersects(p.geom, s.geom)""",
    "touched": "select row, count(*) n, min(kind) kind, max(kind) last from pairs group by row",
    "single": """select p.row, p.kind, parcel, ST_Difference(parcel, geom) net
        from pairs p join touched t on t.row = p.row where n = 1""",
    "several": f"""select row, kind, parcel, ST_Difference(parcel, cover) net from (
        select p.row, min(p.kind) kind, first_value(parcel) parcel, {_UNITED} cover
        from pairs p join touched t on t.row = p.row where n > 1 and t.kind = t.last group by p.row)""",
    "by_kind": f"""select p.row, p.kind, first_value(parcel) parcel, {_UNITED} geom
        from pairs p join touched t on t.row = p.row where t.kind <> t.last group by p.row, p.kind""",
    "mixed": f"""select row, parcel, ST_Difference(parcel, cover) net, {", ".join(KINDS)} from (
        select row, first_value(parcel) parcel, {_UNITED} cover,
          {", ".join(f"coalesce(sum(case when kind = '{kind}' then a end), 0.0) {kind}" for kind in KINDS)}
        from (select *, ST_Area(ST_Intersection(parcel, geom)) a from by_kind) group by row)""",
}
_FIGURES = """select parcel_id, area_m2, {kinds}, area_m2 - developable_m2 blocked_m2, developable_m2,
    case when developable_m2 = 0 then 0 else ST_NumGeometries(net) end pieces, net
  from (select p.parcel_id, t.*, ST_Area(p.geom) area_m2, ST_Area(t.net) developable_m2
    from {table} t join parcels p on p.row = t.row)"""
_ONE_KIND = ", ".join(
    f"case when kind = '{kind}' then area_m2 - developable_m2 else 0.0 end blocked_m2_{kind}"
    for kind in KINDS
)
_RESULTS = {
    "free": _FIGURES.format(
        kinds=", ".join(f"0.0 blocked_m2_{kind}" for kind in KINDS),
        table="(select row, geom net from parcels left anti join touched on touched.row = parcels.row)",
    ),
    "of_single": _FIGURES.format(kinds=_ONE_KIND, table="single"),
    "of_several": _FIGURES.format(kinds=_ONE_KIND, table="several"),
    "of_mixed": _FIGURES.format(
        kinds=", ".join(f"{kind} blocked_m2_{kind}" for kind in KINDS), table="mixed"
    ),
}


def run(case: Case, variant: str) -> Answer:
    """Screen in SQL; the answer are four tables with their geometries: free, one piece, several, several kinds."""
    library, first, last = variant.split()
    base = sedona.db.connect()
    base.sql(f"set datafusion.execution.target_partitions = {case.threads}").execute()
    base.sql(f"set sedona.spatial_join.spatial_library = '{library}'").execute()
    _load(base, case)
    watch = Watch()

    def keep(step: str, view: str, statement: str) -> None:
        with watch.step(step):
            base.sql(statement).to_memtable().to_view(view)

    keep("buffers", "cut_0", f"select kind, ST_Buffer(geom, dist, 'quad_segs={QUAD_SEGS}') geom from lines")
    metres, level = float(first), 0
    while metres >= float(last):
        cells = {axis: _CELLS.format(a=axis, m=metres) for axis in "XY"}
        cut = _CUT.format(m=metres, srid=_SRID, rows=cells["Y"], columns=cells["X"], from_=f"cut_{level}")
        metres, level = metres / _SHRINK, level + 1
        keep("subdivide", "pieces" if metres < float(last) else f"cut_{level}", cut)
    for view, statement in {**_STEPS, **_RESULTS}.items():
        keep("figures" if view in _RESULTS else view, view, statement)
    frames = [base.sql(f"select * from {name}").drop("net").to_arrow_table().to_pandas() for name in _RESULTS]
    return Answer(pd.concat(frames, ignore_index=True), watch.seconds, watch.steps, cpu_s=watch.cpu_s)


def _load(base: sedona.db.context.SedonaContext, case: Case) -> None:
    base.read_parquet(str(case.folder / "parcels")).to_view("parcel_files")
    base.read_parquet(str(case.lines_file)).to_view("line_file")
    numbered = (
        "select cast(row_number() over () as bigint) - 1 row, parcel_id, geometry geom from parcel_files"
    )
    parcels = f"select * from ({numbered}) where row % {case.step} = 0"
    base.sql(parcels).to_memtable().to_view("parcels")
    base.sql("select kind, dist, geometry geom from line_file").to_memtable().to_view("lines")
