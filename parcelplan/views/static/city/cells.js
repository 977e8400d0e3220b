// Cells of every size and parcels, as tables of the same figures: m² by row, by day and by kind.

function readCells(packed) {
  const count = packed.count.length;
  const firstAt = new Int32Array(count + 1);
  for (let at = 0; at < count; at++) firstAt[at + 1] = firstAt[at] + packed.count[at];
  app.cells = { firstAt };
  const [column, row] = [summed(packed.column), summed(packed.row)];
  app.levels = [{
    rows: count, side: app.data.cell_steps, side_m: app.data.cell_m, column, row, west: column, south: row,
    east: column.map((place) => place + 1), north: row.map((place) => place + 1),
    count: packed.count, area: packed.area, kinds: rows(packed.kinds, count), free: days(packed.free, count), ready: days(packed.ready, count),
  }];
}

// Four cells of one level make one of the next. It is drawn as wide as there are smallest cells in it (west to north).
function nextLevel(from) {
  const places = new Map();
  const into = new Int32Array(from.rows);
  const [column, row] = [[], []];
  for (let at = 0; at < from.rows; at++) {
    const [x, y] = [from.column[at] >> 1, from.row[at] >> 1];
    const key = `${x} ${y}`;
    if (!places.has(key)) {
      places.set(key, column.length);
      column.push(x);
      row.push(y);
    }
    into[at] = places.get(key);
  }
  const sum = (values) => {
    const sums = new Float64Array(column.length);
    for (let at = 0; at < from.rows; at++) sums[into[at]] += values[at];
    return sums;
  };
  const edge = (values, choose) => {
    const edges = [];
    for (let at = 0; at < from.rows; at++) edges[into[at]] = choose(edges[into[at]] ?? values[at], values[at]);
    return edges;
  };
  return {
    rows: column.length, side: 2 * from.side, side_m: 2 * from.side_m, column, row,
    west: edge(from.west, Math.min), south: edge(from.south, Math.min), east: edge(from.east, Math.max), north: edge(from.north, Math.max),
    count: sum(from.count), area: sum(from.area), kinds: from.kinds.map(sum), free: from.free.map(sum), ready: from.ready.map(sum),
  };
}

function level(place) {
  while (app.levels.length <= place) app.levels.push(nextLevel(app.levels.at(-1)));
  return app.levels[place];
}

function readParcels(packed) {
  const shapes = shapesOf(packed);
  const { count } = shapes;
  const ready = packed.ready_on && app.data.stops.map(({ number: day }) => readyBy(packed, day));
  const { ids, columns } = packed.texts;
  app.parcels = {
    ...shapes, rows: count, area: packed.area, kinds: rows(packed.kinds, count), free: days(packed.free, count),
    ready: ready ?? [], ready_on: packed.ready_on, pieces: packed.pieces, largest: packed.largest, ids, columns,
  };
  const { firstAt } = app.cells;
  app.cells.boxes = new Int32Array(4 * (firstAt.length - 1));
  for (let cell = 0; cell < firstAt.length - 1; cell++) app.cells.boxes.set(boxAround(shapes.boxes, firstAt[cell], firstAt[cell + 1]), 4 * cell);
}

function readyBy({ ready_on, area: areas }, day) {
  return Int32Array.from(areas, (m2, at) => (ready_on[at] && ready_on[at] <= day ? m2 : 0));
}

function boxAround(boxes, first, end) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = first; at < end; at++) {
    for (const side of [0, 1]) box[side] = Math.min(box[side], boxes[4 * at + side]);
    for (const side of [2, 3]) box[side] = Math.max(box[side], boxes[4 * at + side]);
  }
  return box;
}

const touches = (boxes, at, [west, south, east, north]) =>
  boxes[4 * at] <= east && boxes[4 * at + 2] >= west && boxes[4 * at + 1] <= north && boxes[4 * at + 3] >= south;

function* parcelsIn(box) {
  const { firstAt, boxes } = app.cells;
  for (let cell = 0; cell < firstAt.length - 1; cell++) {
    if (!touches(boxes, cell, box)) continue;
    for (let at = firstAt[cell]; at < firstAt[cell + 1]; at++) if (touches(app.parcels.boxes, at, box)) yield at;
  }
}

// What the theme says of a row, m²: free land, ready land, or land that a kind leaves free.
function freeOf(table, at) {
  const { id, kind } = theme();
  if (kind !== undefined) return table.area[at] - table.kinds[kind][at];
  const figures = table[id];
  return figures[Math.min(stopPlace(), figures.length - 1)][at];
}

const shareOf = (table, at) => (table.area[at] ? freeOf(table, at) / table.area[at] : 0);

function classOf(table, at) {
  const { shares } = app.data;
  const share = shareOf(table, at);
  let place = shares.length - 1;
  while (place && share < shares[place].least) place--;
  return place;
}

// Kinds are shown by what they block.
const shown = (share) => (theme().kind === undefined ? share : 1 - share);
