// One canvas that draws cells or parcels, covers over them, and figures on top.

const CELL_PX = 28; // no cell smaller than this is drawn
const STEP_PX = 0.6; // points closer to one another than this are passed over
const OUTLINE_PX = 12; // outlines are drawn around parcels from this size on

// Where steps fall on the map's layer at a zoom: x * k + left, top - y * k.
function frameOf(map) {
  const { step_m, origin: [east, north], ground } = app.data;
  const world = 256 * 2 ** map.getZoom();
  const k = (step_m * world) / EARTH_M;
  const corner = map.getPixelOrigin();
  return { k, left: world / 2 + east * k - corner.x, top: world / 2 - north * k - corner.y, perMetre: k / step_m / ground };
}

function boxIn({ k, left, top }, { min, max }) {
  return [(min.x - left) / k, (top - max.y) / k, (max.x - left) / k, (top - min.y) / k];
}

// Farther away larger cells; parcels where the smallest cells are large enough.
function tableAt(perMetre) {
  let place = 0;
  while (place < 20 && app.data.cell_m * 2 ** place * perMetre < CELL_PX) place++;
  return place === 0 && app.parcels ? app.parcels : level(place);
}

function trace(pen, { x, y, ringAt, pointAt }, shape, { k, left, top }) {
  for (let ring = ringAt[shape]; ring < ringAt[shape + 1]; ring++) {
    let [lastX, lastY] = [Infinity, Infinity];
    const first = pointAt[ring];
    for (let at = first; at < pointAt[ring + 1]; at++) {
      const [px, py] = [x[at] * k + left, top - y[at] * k];
      if (Math.abs(px - lastX) + Math.abs(py - lastY) < STEP_PX) continue;
      if (at === first) pen.moveTo(px, py);
      else pen.lineTo(px, py);
      [lastX, lastY] = [px, py];
    }
    pen.closePath();
  }
}

const Surface = L.Renderer.extend({
  _initContainer() {
    this._container = L.DomUtil.create("canvas", "pp-surface");
    this.pen = this._container.getContext("2d");
  },
  _destroyContainer() {
    this._container.remove();
  },
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const { min } = this._bounds;
    const size = this._bounds.getSize();
    this.ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, min);
    Object.assign(this._container, { width: size.x * this.ratio, height: size.y * this.ratio });
    Object.assign(this._container.style, { width: `${size.x}px`, height: `${size.y}px` });
    this.draw();
  },
  draw() {
    if (!this._bounds || !app.levels.length) return;
    const started = performance.now();
    const { pen, ratio, _bounds: bounds } = this;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, bounds.getSize().x, bounds.getSize().y);
    pen.translate(-bounds.min.x, -bounds.min.y);
    const frame = frameOf(this._map);
    const scene = { frame, box: boxIn(frame, bounds), table: tableAt(frame.perMetre), ratio };
    app.scene = scene;
    if (scene.table === app.parcels) drawParcels(pen, scene);
    else drawCells(pen, scene);
    drawCovers(pen, scene);
    if (!app.off.has("labels")) drawWords(pen, scene);
    if (scene.table !== this.table) drawLegend();
    this.table = scene.table;
    this._container.dataset.ms = Math.round(performance.now() - started);
  },
});

// West, south, east and north side of a cell, in steps.
function cellBox({ west, south, east, north }, at) {
  const { cell_steps: side, origin } = app.data;
  return [west[at] * side - origin[0], south[at] * side - origin[1], east[at] * side - origin[0], north[at] * side - origin[1]];
}

function* cellsIn(table, [west, south, east, north], { k, left, top }) {
  for (let at = 0; at < table.rows; at++) {
    const box = cellBox(table, at);
    if (box[0] > east || box[2] < west || box[1] > north || box[3] < south) continue;
    yield [at, box[0] * k + left, top - box[3] * k, (box[2] - box[0]) * k, (box[3] - box[1]) * k];
  }
}

function drawCells(pen, { frame, table, box }) {
  for (const [at, x, y, width, height] of cellsIn(table, box, frame)) {
    pen.fillStyle = app.data.shares[classOf(table, at)].color;
    pen.fillRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }
}

function drawParcels(pen, { frame, table, box }) {
  const outlined = app.data.parcel_m * frame.perMetre >= OUTLINE_PX;
  pen.lineWidth = 0.7;
  pen.strokeStyle = "rgb(61 69 78 / 55%)";
  for (const at of parcelsIn(box)) {
    pen.beginPath();
    trace(pen, table, at, frame);
    pen.fillStyle = app.data.shares[classOf(table, at)].color;
    pen.fill("evenodd");
    if (outlined) pen.stroke();
  }
}
