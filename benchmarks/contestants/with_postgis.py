"""PostGIS in a cluster of its own, which is made in a temporary folder, speaks through a Unix socket, and is removed.

Settings: 2 GB of shared buffers, 256 MB of work memory, no JIT, nothing written for durability, parallel plans cost
nothing to start. Tables of parcels (with GiST) and lines are given; buffers, ``ST_Subdivide``, the GiST index on its
pieces, statistics and the answer as a table are timed.

``halves`` lets as many connections as there are threads work on a share of the parcels each: for every parcel the
pieces that meet it, one union a kind where there are several, one difference. ``plan`` leaves sharing to the planner:
pairs, unions and differences as one table each; ``workers`` in the notes is what EXPLAIN says of the pairs. A lateral
query alone is never planned in parallel. The number is the most vertices of a piece.

Tried at 100,000 parcels on two busy cores, seconds: halves with 16 4.0, 24 4.4, 32 4.5, 48 4.6, 64 4.3, 96 5.6, 128 3.0
to 5.9; plan with 64 3.0; one connection with 32 4.4, 64 9.9, 128 8.8, 256 11.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import psycopg
import shapely

from contestants._postgres import Cluster
from contestants.case import FIGURES, KINDS, QUAD_SEGS, Answer, Case, Watch

_PIECES = f"""insert into pieces select kind, ST_Subdivide(ST_Buffer(geom, dist, 'quad_segs={QUAD_SEGS}'), {{points}})
  from lines where id % {{threads}} = {{share}}"""
_OF_KIND = ", ".join(
    f"case when kinds is null then 0 when kinds > 1 then coalesce({kind}_m2, 0)"
    f" when kind = '{kind}' then area_m2 - developable_m2 else 0 end blocked_m2_{kind}"
    for kind in KINDS
)
_FIGURES = f"""select parcel_id, area_m2, {_OF_KIND}, area_m2 - developable_m2 blocked_m2, developable_m2,
    case when ST_IsEmpty(net) then 0 else ST_NumGeometries(net) end pieces, net"""
_OWN_KIND = ", ".join(
    f"case when count(*) > 1 then ST_Area(ST_Intersection(p.geom, (array_agg(geom) filter (where kind = '{kind}'))[1]))"
    f" end {kind}_m2"
    for kind in KINDS
)
_ONE = "case when count(*) = 1 then (array_agg(geom))[1] else ST_Union(geom) end"
# "offset 0" keeps the planner from writing the difference out once for every column that reads it
_HALVES = f"""create unlogged table result_{{share}} as {_FIGURES} from (
  select p.parcel_id, ST_Area(p.geom) area_m2, c.*, n.net, ST_Area(n.net) developable_m2
  from parcels p
  left join lateral (
    select count(*) kinds, min(kind) kind, {_ONE} cover, {_OWN_KIND} from (
      select kind, {_ONE} geom from pieces s where ST_Intersects(s.geom, p.geom) group by kind) k
    having count(*) > 0) c on true
  cross join lateral (
    select case when c.cover is null then p.geom else ST_Difference(p.geom, c.cover) end net offset 0) n
  where p.id % {{threads}} = {{share}} offset 0) r"""
_PAIRS = "select p.id, s.kind, s.geom from parcels p join pieces s on ST_Intersects(p.geom, s.geom)"
_PLAN = {
    "pairs": f"create unlogged table pairs as {_PAIRS}",
    "unions": f"create unlogged table by_kind as select id, kind, {_ONE} geom from pairs group by id, kind",
    "covers": f"""create unlogged table covers as
      select p.id, c.kinds, c.kind, c.cover, p.geom parcel, p.parcel_id from parcels p left join (
        select id, count(*) kinds, min(kind) kind, {_ONE} cover from by_kind group by id) c using (id)""",
    "several kinds": f"""create unlogged table several as
      select id, {", ".join(f"sum(a) filter (where kind = '{kind}') {kind}_m2" for kind in KINDS)} from (
        select k.id, k.kind, ST_Area(ST_Intersection(c.parcel, k.geom)) a
        from by_kind k join covers c on c.id = k.id where c.kinds > 1 offset 0) a group by id""",
    "differences": f"""create unlogged table result_0 as {_FIGURES} from (
      select *, ST_Area(parcel) area_m2, ST_Area(net) developable_m2 from (
        select c.*, {", ".join(f"{kind}_m2" for kind in KINDS)},
          case when c.cover is null then parcel else ST_Difference(parcel, c.cover) end net
        from covers c left join several using (id) offset 0) n offset 0) r""",
}


def run(case: Case, variant: str) -> Answer:
    """Screen in SQL; the answer are tables with their geometries, one a connection."""
    way, points = variant.split()
    with Cluster(workers=case.threads) as cluster, cluster.connect() as base:
        _load(base, case)
        cluster.watch_memory()
        watch, before_s = Watch(), cluster.cpu_s()
        with watch.step("buffers, subdivision"):
            base.execute("create unlogged table pieces (kind text, geom geometry)")
            _in_shares(cluster, _PIECES.replace("{points}", points), case.threads)
        with watch.step("index"):
            base.execute("create index on pieces using gist (geom)")
            base.execute("analyze pieces")
        plan = [row[0].strip() for row in base.execute(f"explain {_PAIRS}")]
        if way == "halves":
            with watch.step("screen"):
                _in_shares(cluster, _HALVES, case.threads)
        else:
            for step, statement in _PLAN.items():
                with watch.step(step):
                    base.execute(statement)
        cpu_s = cluster.cpu_s() - before_s
        table = _fetched(base, case.threads if way == "halves" else 1)
        workers = [line for line in plan if "Workers" in line]
        notes = {"workers": workers, "version": base.execute("select postgis_full_version()").fetchone()[0]}
        return Answer(table, watch.seconds, watch.steps, cpu_s=cpu_s, memory_mb=cluster.peak_mb, notes=notes)


def _in_shares(cluster: Cluster, statement: str, threads: int) -> None:
    """Run a statement once a connection, each for its share of the rows."""

    def one(share: int) -> None:
        with cluster.connect() as base:
            base.execute("set max_parallel_workers_per_gather = 0")
            base.execute(statement.format(threads=threads, share=share))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(threads)))


def _load(base: psycopg.Connection, case: Case) -> None:
    base.execute("create extension postgis")
    base.execute("create unlogged table parcels (id int, parcel_id text, geom geometry)")
    base.execute("create unlogged table lines (id int, kind text, dist float8, geom geometry)")
    parcels, lines = case.parcels(), case.lines()
    _copy(base, "parcels", [parcels["parcel_id"], shapely.to_wkb(parcels.geometry.to_numpy(), hex=True)])
    # the longest first, so that every connection gets a like share
    lines = lines.iloc[(-lines.length).argsort()]
    _copy(base, "lines", [lines["kind"], lines["dist"], shapely.to_wkb(lines.geometry.to_numpy(), hex=True)])
    base.execute("create index on parcels using gist (geom)")
    base.execute("vacuum analyze")


def _copy(base: psycopg.Connection, table: str, columns: Sequence[Sequence[object]]) -> None:
    with base.cursor().copy(f"copy {table} from stdin") as rows:
        for number, row in enumerate(zip(*columns, strict=True)):
            rows.write_row((number, *row))


def _fetched(base: psycopg.Connection, tables: int) -> pd.DataFrame:
    names = ["parcel_id", *FIGURES]
    rows: list[tuple[object, ...]] = []
    for number in range(tables):
        rows += base.execute(f"select {', '.join(names)} from result_{number}").fetchall()
    return pd.DataFrame(rows, columns=names)
