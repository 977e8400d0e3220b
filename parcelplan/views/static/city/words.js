// Figures on cells, ids on parcels: none wider than what it stands on, none over another.

const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif';

function drawWords(pen, scene) {
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  if (scene.table === app.parcels) nameParcels(pen, scene);
  else countCells(pen, scene);
}

function countCells(pen, { table, frame, box }) {
  const digits = table.side * frame.k >= 52 ? 1 : 0;
  pen.font = `600 ${digits ? 13 : 11}px ${FONT}`;
  for (const [at, x, y, width, height] of cellsIn(table, box, frame)) {
    if (shareOf(table, at) === 1) continue; // the colour says it
    const text = roughly(shown(shareOf(table, at)), digits);
    if (height < 16 || pen.measureText(text).width > width - 4) continue;
    const { color, ink } = app.data.shares[classOf(table, at)];
    write(pen, text, [x + width / 2, y + height / 2], ink, color);
  }
}

// What is not quite all or nothing does not read as if it were.
function roughly(share, digits) {
  const text = percent(share, digits);
  if (share > 0 && text === percent(0, digits)) return `<${percent(10 ** -digits / 100, digits)}`;
  return share < 1 && text === percent(1, digits) ? `>${percent(1 - 10 ** -digits / 100, digits)}` : text;
}

function nameParcels(pen, { table, frame, box }) {
  const taken = [];
  if (app.data.parcel_m * frame.perMetre < 46) return;
  for (const at of parcelsIn(box)) {
    const [west, south, east, north] = [0, 1, 2, 3].map((side) => table.boxes[4 * at + side]);
    const [width, height] = [(east - west) * frame.k, (north - south) * frame.k];
    const middle = [((west + east) / 2) * frame.k + frame.left, frame.top - ((south + north) / 2) * frame.k];
    const lines = parcelLines(pen, table, at, 0.86 * width, 0.6 * height);
    if (lines.length && takeRoom(taken, middle, lines)) writeLines(pen, lines, middle);
  }
}

// Id, area and share as far as they fit; land that nothing touches needs no share.
function parcelLines(pen, table, at, width, height) {
  const share = shareOf(table, at);
  const lines = [
    { text: table.ids[at], font: `600 11px ${FONT}` },
    { text: area(freeOf(table, at)), font: `11px ${FONT}` },
    ...(share < 1 ? [{ text: roughly(shown(share), 1), font: `11px ${FONT}` }] : []),
  ];
  const fits = lines.filter((line, place) => ((pen.font = line.font), (line.width = pen.measureText(line.text).width) <= width && 13 * place + 12 <= height));
  return fits[0] === lines[0] ? fits : fits.slice(-1).filter((line) => line === lines[2]);
}

function takeRoom(taken, [x, y], lines) {
  const [width, height] = [Math.max(...lines.map((line) => line.width)) / 2 + 2, (13 * lines.length) / 2];
  const box = [x - width, y - height, x + width, y + height];
  if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return false;
  taken.push(box);
  return true;
}

function writeLines(pen, lines, [x, y]) {
  lines.forEach(({ text, font }, place) => {
    pen.font = font;
    write(pen, text, [x, y + 13 * (place - (lines.length - 1) / 2)], "#1f2933", "rgb(255 255 255 / 88%)");
  });
}

function write(pen, text, [x, y], ink, halo) {
  Object.assign(pen, { strokeStyle: halo, lineWidth: 3.5, fillStyle: ink });
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}
