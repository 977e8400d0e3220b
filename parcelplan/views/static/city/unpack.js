// Reading the packed blocks of the page; views/packed.py says how they are written.

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let place = 0; place < raw.length; place++) bytes[place] = raw.charCodeAt(place);
  return bytes;
}

async function unpack(name) {
  const block = $(`pp-${name}`);
  const packed = new Blob([bytesOf(block.textContent)]);
  block.remove();
  const stream = packed.stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const size = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  const found = { texts: head.texts };
  let place = 4 + size;
  for (const [key, length] of head.arrays) {
    found[key] = unfold(new Uint8Array(buffer, place, 4 * length), length);
    place += 4 * length;
  }
  return found;
}

function unfold(planes, length) {
  const values = new Int32Array(length);
  for (let at = 0; at < length; at++) {
    const folded = planes[at] | (planes[at + length] << 8) | (planes[at + 2 * length] << 16) | (planes[at + 3 * length] << 24);
    values[at] = (folded >>> 1) ^ -(folded & 1);
  }
  return values;
}

function summed(values) {
  for (let at = 1; at < values.length; at++) values[at] += values[at - 1];
  return values;
}

function rows(values, count) {
  return count ? Array.from({ length: values.length / count }, (_, row) => values.subarray(row * count, (row + 1) * count)) : [];
}

function days(values, count) {
  const found = rows(values, count);
  for (let day = 1; day < found.length; day++) {
    for (let at = 0; at < count; at++) found[day][at] += found[day - 1][at];
  }
  return found;
}

// Rings as ranges of points, and the box of every shape: west, south, east, north.
function shapesOf({ rings, points, x, y }) {
  const ringAt = new Int32Array(rings.length + 1);
  const pointAt = new Int32Array(points.length + 1);
  for (let at = 0; at < rings.length; at++) ringAt[at + 1] = ringAt[at] + rings[at];
  for (let at = 0; at < points.length; at++) pointAt[at + 1] = pointAt[at] + points[at];
  const shapes = { count: rings.length, ringAt, pointAt, x: summed(x), y: summed(y) };
  const boxes = new Int32Array(4 * rings.length);
  for (let at = 0; at < rings.length; at++) boxes.set(boxOf(shapes, at), 4 * at);
  return { ...shapes, boxes };
}

function boxOf({ x, y, ringAt, pointAt }, shape) {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = pointAt[ringAt[shape]]; at < pointAt[ringAt[shape + 1]]; at++) {
    if (x[at] < west) west = x[at];
    if (x[at] > east) east = x[at];
    if (y[at] < south) south = y[at];
    if (y[at] > north) north = y[at];
  }
  return [west, south, east, north];
}
