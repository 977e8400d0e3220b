// Covers: thin colour from afar, hatch and outline from near, a dotted trace where they have gone.

const OUTLINE_PX_PER_M = 0.1; // from here on covers have an outline and roads are white
const HATCH_PX_PER_M = 0.33;
const tiles = new Map();

function readCovers(packed) {
  app.covers = { ...shapesOf(packed), kind: packed.kind, from: packed.from, until: packed.until, ...packed.texts };
}

function lifeOf(at) {
  const { from, until } = app.covers;
  if (until[at] && dayNumber() >= until[at]) return "gone";
  return from[at] && dayNumber() < from[at] ? "future" : "active";
}

function drawCovers(pen, { frame, box, ratio }) {
  if (!app.covers) return;
  const near = frame.perMetre >= OUTLINE_PX_PER_M;
  app.data.layers.forEach(({ id, style }, kind) => {
    if (app.off.has(id)) return;
    for (let at = 0; at < app.covers.count; at++) {
      if (app.covers.kind[at] !== kind || !touches(app.covers.boxes, at, box)) continue;
      pen.beginPath();
      trace(pen, app.covers, at, frame);
      if (lifeOf(at) === "active") near ? fillNear(pen, style, frame, ratio) : fillFar(pen, style);
      else if (lifeOf(at) === "gone" && near) dot(pen);
    }
  });
}

function fillFar(pen, style) {
  if (style.pattern) {
    Object.assign(pen, { strokeStyle: "rgb(255 255 255 / 60%)", lineWidth: 2.2 });
    pen.stroke();
  }
  pen.globalAlpha = style.pattern ? 0.85 : 0.4;
  Object.assign(pen, { fillStyle: style.color, strokeStyle: style.color, lineWidth: 0.6 });
  pen.fill("evenodd");
  pen.stroke();
  pen.globalAlpha = 1;
}

function fillNear(pen, style, { perMetre }, ratio) {
  const hatched = style.pattern && perMetre >= HATCH_PX_PER_M;
  pen.globalAlpha = style.pattern && !hatched ? 0.6 : 1;
  pen.fillStyle = hatched ? hatch(pen, style, ratio) : style.fillColor ?? style.color;
  pen.fill("evenodd");
  pen.globalAlpha = 1;
  Object.assign(pen, { strokeStyle: style.color, lineWidth: hatched ? style.weight : 0.8 });
  pen.setLineDash(hatched && style.dashArray ? style.dashArray.split(" ").map(Number) : []);
  pen.stroke();
  pen.setLineDash([]);
}

function dot(pen) {
  pen.setLineDash([1, 5]);
  Object.assign(pen, { strokeStyle: "#5c6670", lineWidth: 1 });
  pen.stroke();
  pen.setLineDash([]);
}

function hatch(pen, style, ratio) {
  const sign = app.data.hatches.find(({ id }) => id === style.pattern);
  if (!sign) return style.fillColor;
  if (!tiles.has(sign.id)) tiles.set(sign.id, pen.createPattern(tile(sign, ratio), "repeat"));
  const pattern = tiles.get(sign.id);
  pattern.setTransform(new DOMMatrix().rotate(sign.rotate).scale(1 / ratio));
  return pattern;
}

function tile({ path, color, width, height, stroke }, ratio) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: width * ratio, height: height * ratio });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  Object.assign(pen, { strokeStyle: color, lineWidth: stroke, lineCap: "round" });
  // What an edge cuts off comes in again at the other edge.
  for (const x of [-width, 0, width]) {
    for (const y of [-height, 0, height]) {
      pen.setTransform(ratio, 0, 0, ratio, x * ratio, y * ratio);
      pen.stroke(new Path2D(path));
    }
  }
  return canvas;
}
