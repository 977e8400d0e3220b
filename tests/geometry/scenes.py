"""Strategies for screening: parcels and covers that meet in every awkward way, each reproducible from small numbers.

Chords across a square cut it into cells; parcels and covers are unions of cells (so that they share corners and edges
to the last bit, have holes and several parts), strips along chords and along borders of cells (some a millimetre wide),
boxes around everything, and nothing at all.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from hypothesis import strategies as st
from numpy.typing import NDArray

Shapes = NDArray[np.object_]

ZONED = (36_500_000.0, 3_200_000.0)
"""An origin as cadastres have it: the number of the zone stands before the easting."""
KINDS = ("power", "river", "road")
SIDES = (40.0, 300.0, 900.0, 6000.0)
"""From a scene within one tile to one of twenty tiles a side."""
WIDTHS = (0.0005, 0.5, 7.0, 40.0)
STEPS = 12
"""Chords end at these many places along each side of the square."""
LEAST_M2 = 1e-3
"""Area of the smallest parcel."""
FAR = 25_000.0
"""How far away a lonely parcel lies."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Parcels and covers in metres, and the point from which plain overlay measures."""

    parcels: Shapes
    covers: Shapes
    kinds: list[str]
    origin: tuple[float, float] = (0.0, 0.0)

    def near(self) -> "Scene":
        """The same shapes, to the last bit, in coordinates that begin at the origin: there overlay hardly rounds."""
        shift = (-self.origin[0], -self.origin[1])
        return replace(self, parcels=moved(self.parcels, shift), covers=moved(self.covers, shift))

    def of_parcels(self, rows) -> "Scene":
        """Some of the parcels, or all in another order."""
        return replace(self, parcels=self.parcels[rows])

    def of_covers(self, rows) -> "Scene":
        """Some of the covers, or all in another order."""
        return replace(
            self,
            covers=self.covers[rows],
            kinds=[str(kind) for kind in np.array(self.kinds, dtype=object)[rows]],
        )


def objects(shapes) -> Shapes:
    """Any sequence of shapes as an array of objects, also an empty one."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def moved(shapes: Shapes, shift) -> Shapes:
    """Shapes carried along by a shift; the input stays as it is."""
    return shapely.transform(shapes, lambda points: points + shift) if len(shapes) else shapes.copy()


def cells_of(chords, side: float) -> Shapes:
    """The cells into which chords cut a square; neighbours share their edges exactly."""
    ends = [[_on_border(start, side), _on_border(stop, side)] for start, stop in chords if start != stop]
    lines = [shapely.LineString(pair) for pair in ends if pair[0] != pair[1]]
    square = shapely.box(0, 0, side, side).exterior
    return shapely.get_parts(shapely.polygonize([shapely.union_all([square, *lines])]))


def _on_border(place: int, side: float) -> tuple[float, float]:
    edge, step = divmod(place % (4 * STEPS), STEPS)
    along = side * step / STEPS
    return ((along, 0.0), (side, along), (side - along, side), (0.0, side - along))[edge]


places = st.integers(0, 4 * STEPS - 1)
chords = st.tuples(places, places)
some_cells = st.sets(st.integers(0, 40), min_size=1, max_size=9)
recipes = st.one_of(
    st.tuples(st.just("cells"), some_cells),
    st.tuples(st.just("strip"), chords, st.sampled_from(WIDTHS)),
    st.tuples(st.just("fringe"), some_cells, st.sampled_from(WIDTHS)),
    st.tuples(st.just("beside"), some_cells, st.sampled_from(WIDTHS)),
    st.tuples(st.just("box"), st.integers(-2, STEPS), st.integers(-2, STEPS), st.integers(1, STEPS + 4)),
    st.tuples(st.just("nothing"), st.sampled_from([None, shapely.Polygon(), shapely.MultiPolygon()])),
    st.tuples(st.just("again"), st.integers(0, 9)),
)
holdings = st.one_of(
    st.tuples(st.just("cells"), some_cells),
    st.tuples(st.just("cell"), st.integers(0, 40)),
    st.tuples(st.just("far"), st.integers(0, 40)),
    st.tuples(st.just("strip"), chords, st.sampled_from(WIDTHS[:3])),
    st.tuples(st.just("fringe"), some_cells, st.sampled_from(WIDTHS[:3])),
    st.tuples(st.just("nothing"), st.sampled_from([shapely.Polygon(), shapely.MultiPolygon()])),
)


def _made(recipe, cells: Shapes, side: float, former: list):
    name, *how = recipe
    if name == "nothing":
        return how[0]
    if name == "again":
        return former[how[0] % len(former)] if former else None
    if name == "box":
        west, south, size = (side * number / STEPS for number in how)
        return shapely.box(west, south, west + size, south + size)
    if name == "strip":
        line = shapely.LineString([_on_border(place, side) for place in how[0]])
        return shapely.buffer(line, how[1], quad_segs=8)
    return _of_cells(name, how, cells)


def _of_cells(name: str, how, cells: Shapes):
    numbers = how[0] if isinstance(how[0], set) else {how[0]}
    picked = shapely.union_all(cells[sorted({number % len(cells) for number in numbers})])
    if name == "far":
        picked = shapely.transform(picked, lambda points: points + FAR)
    if name == "fringe":
        picked = shapely.buffer(picked.boundary, how[1], quad_segs=8)
    if name == "beside":
        picked = shapely.difference(shapely.buffer(picked, how[1], join_style="mitre"), picked)
    return picked


def _sound(shape) -> bool:
    return shape is None or (shapely.is_valid(shape) and shapely.get_type_id(shape) in (3, 6))


def made(recipes_, cells: Shapes, side: float, origin) -> Shapes:
    """Shapes by their recipes at the origin; None where carrying one there leaves no valid polygon."""
    shapes: list = []
    for recipe in recipes_:
        shape = _made(recipe, cells, side, shapes)
        shapes.append(shape if _sound(shape) else None)
    shifted = moved(objects(shapes), origin)
    return objects([shape if _sound(shape) else None for shape in shifted])


@st.composite
def scenes(draw, max_parcels: int = 6, max_covers: int = 6) -> Scene:
    """Few parcels and covers."""
    side = draw(st.sampled_from(SIDES))
    origin = draw(st.sampled_from([(0.0, 0.0), ZONED]))
    cells = cells_of(draw(st.lists(chords, min_size=1, max_size=8)), side)
    parcels = made(draw(st.lists(holdings, max_size=max_parcels)), cells, side, origin)
    parcels = parcels[~shapely.is_missing(parcels)]
    covers = draw(st.lists(st.tuples(recipes, st.sampled_from(KINDS)), max_size=max_covers))
    return Scene(
        # A parcel that is no more than a crumb is no land at all: what to say of it is anybody's choice.
        parcels=parcels[shapely.is_empty(parcels) | (shapely.area(parcels) > LEAST_M2)],
        covers=made([recipe for recipe, _ in covers], cells, side, origin),
        kinds=[kind for _, kind in covers],
        origin=origin,
    )


def mosaic(seed: int, count: int, side: float) -> Scene:
    """Many parcels that share their edges, over several tiles, with a few that span tiles and one far away.

    Covers are strips of all widths, some of the parcels themselves, and patches of neighbouring parcels.
    """
    rng = np.random.default_rng(seed)
    cells = _honeycomb(rng, count, side)
    holdings_ = [*cells, *_patches(rng, cells, 3, side / 3), shapely.box(0, 0, side, side), _far_away(cells)]
    strips = _strips(rng, 14, side)
    covers = [*strips, *rng.choice(cells, 6), *_patches(rng, cells, 4, side / 6), strips[0], None]
    kinds = [str(kind) for kind in rng.choice(KINDS, len(covers))]
    shuffled = objects(holdings_)[rng.permutation(len(holdings_))]
    parcels, shapes = moved(shuffled, ZONED), moved(objects(covers), ZONED)
    return Scene(parcels=parcels[shapely.is_valid(parcels)], covers=shapes, kinds=kinds, origin=ZONED)


def skyline(seed: int, count: int) -> Scene:
    """Everything in whole metres: borders with many corners run along one another, and along where quadrants end."""
    rng = np.random.default_rng(seed)
    corner, size = rng.integers(-60, 400, (count, 2)), rng.integers(1, 60, (count, 2))
    houses = shapely.box(*corner.T, *(corner + size).T)
    lots = [shapely.box(x, y, x + 29, y + 29) for x in range(0, 300, 30) for y in range(0, 300, 30)]
    covers = [_stairs(rng, int(rng.integers(101, 300))) for _ in range(3)]
    covers[1] = shapely.transform(covers[1], lambda points: points[:, ::-1].copy())
    covers[2] = shapely.difference(shapely.box(-5, -45, 700, 45), covers[2])
    yards = shapely.box(*(low := rng.integers(-40, 40, (60, 2))).T, *(low + 1).T)
    covers.append(shapely.difference(covers[0], shapely.union_all(yards)))
    solid = [cover for cover in covers if shapely.is_valid(cover)]
    return Scene(
        parcels=moved(objects([*houses, *lots]), ZONED),
        covers=moved(objects(solid), ZONED),
        kinds=[str(kind) for kind in rng.choice(KINDS, len(solid))],
        origin=ZONED,
    )


def _stairs(rng, count: int):
    """A row of towers, of any height, one beside the other."""
    ends = np.repeat(np.cumsum(rng.integers(1, 5, count)), 2)
    west, east = ends[0] - 1, ends[-1]
    tops = np.repeat(rng.integers(-39, 40, count), 2)
    points = np.column_stack([np.concatenate([[west], ends[:-1]]), tops])
    return shapely.Polygon([(west, -40), *points, (east, -40)])


def needle(seed: int) -> Scene:
    """A point of up to a millionth of a degree reaches a little over a border: as a parcel, or as a cover."""
    rng = np.random.default_rng(seed)
    depth, angle, length = 10 ** rng.uniform(-5.7, 1), 10 ** rng.uniform(-7, -2), rng.uniform(5, 500)
    tip = np.array([depth, rng.uniform(20, 80)])
    back = length * np.array([[0.0, 0.0], [-1.0, angle], [-1.0, -angle]])
    spike = shapely.Polygon(tip + back)
    turn = rng.uniform(0, 2 * np.pi)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    shapes = shapely.transform(objects([spike, shapely.box(0, 0, 100, 100)]), lambda points: points @ matrix)
    parcel, cover = moved(shapes, ZONED)[rng.permutation(2)]
    sound = [shape for shape in (parcel, cover) if shapely.is_valid(shape) and shapely.area(shape) > LEAST_M2]
    return Scene(
        parcels=objects(sound[:1]), covers=objects(sound[1:]), kinds=["road"] * (len(sound) - 1), origin=ZONED
    )


def _honeycomb(rng, count: int, side: float) -> Shapes:
    points = shapely.multipoints(rng.uniform(0, side, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    inside = shapely.intersection(cells, shapely.box(0, 0, side, side))
    return inside[shapely.get_type_id(inside) == 3]


def _far_away(cells: Shapes):
    return shapely.transform(cells[0], lambda points: points + FAR)


def _strips(rng, count: int, side: float) -> list:
    walks = [rng.uniform(0, side, (int(rng.integers(2, 6)), 2)) for _ in range(count)]
    widths = rng.choice([0.0005, 0.3, 4.0, 12.0, 30.0, 90.0], count)
    return list(shapely.buffer([shapely.LineString(walk) for walk in walks], widths, quad_segs=8))


def _patches(rng, cells: Shapes, count: int, reach: float) -> list:
    """Unions of all cells whose middle lies in a ring around a cell: with shared edges, and mostly with a hole."""
    middles = shapely.get_coordinates(shapely.centroid(cells))
    patches = []
    for middle in middles[rng.integers(0, len(cells), count)]:
        away = np.hypot(*(middles - middle).T)
        patches.append(shapely.union_all(cells[(away > reach / 3) & (away < reach)]))
    return [patch for patch in patches if not patch.is_empty]
