// Pointing and clicking: the tip under the pointer, the popup of a parcel, the way into a cell.

function stepsAt(latlng) {
  const { x, y } = L.CRS.EPSG3857.project(latlng);
  return [x / app.data.step_m - app.data.origin[0], y / app.data.step_m - app.data.origin[1]];
}

const latLngOf = ([x, y]) =>
  L.CRS.EPSG3857.unproject(L.point((x + app.data.origin[0]) * app.data.step_m, (y + app.data.origin[1]) * app.data.step_m));

const latLngBox = ([west, south, east, north]) => L.latLngBounds(latLngOf([west, south]), latLngOf([east, north]));

function inside({ x, y, ringAt, pointAt }, shape, [px, py]) {
  let within = false;
  for (let ring = ringAt[shape]; ring < ringAt[shape + 1]; ring++) {
    for (let at = pointAt[ring], last = pointAt[ring + 1] - 1; at < pointAt[ring + 1]; last = at++) {
      const crosses = y[at] > py !== y[last] > py;
      if (crosses && px < x[at] + ((x[last] - x[at]) * (py - y[at])) / (y[last] - y[at])) within = !within;
    }
  }
  return within;
}

function parcelAt(spot) {
  for (const at of parcelsIn([...spot, ...spot])) if (inside(app.parcels, at, spot)) return at;
  return -1;
}

function cellAt(table, [x, y]) {
  const [column, row] = [Math.floor((x + app.data.origin[0]) / table.side), Math.floor((y + app.data.origin[1]) / table.side)];
  for (let at = 0; at < table.rows; at++) if (table.column[at] === column && table.row[at] === row) return at;
  return -1;
}

function coversAt(spot) {
  const found = [];
  for (let at = 0; at < (app.covers?.count ?? 0); at++) {
    const open = !app.off.has(app.data.layers[app.covers.kind[at]].id) && lifeOf(at) === "active";
    if (open && touches(app.covers.boxes, at, [...spot, ...spot]) && inside(app.covers, at, spot)) found.push(at);
  }
  return found;
}

// --- words

const withMu = (m2) => `${whole(m2)} m² (${number(m2 / app.data.m2_per_mu, 2)} ${ui("mu")})`;
const withShare = (m2, all) => `${area(m2)} · ${percent(all ? m2 / all : 0)}`;

// Figures of the day shown, and those that are known of the first day only.
function dayFigures(table, at) {
  const all = table.area[at];
  const today = (figures) => figures[Math.min(stopPlace(), figures.length - 1)][at];
  const facts = [[ui("free"), withShare(today(table.free), all)]];
  if (table.ready.length && table !== app.parcels) facts.push([ui("ready"), withShare(today(table.ready), all)]);
  return [...facts, [ui("blocked"), withShare(all - today(table.free), all)]];
}

function firstFigures(table, at) {
  const facts = table.kinds.map((values, kind) => [app.data.kinds[kind], values[at]]).filter(([, m2]) => m2);
  return facts.map(([label, m2]) => [label, withShare(m2, table.area[at])]);
}

function factList(facts) {
  const list = element("dl", {});
  for (const [label, value] of facts) list.append(element("dt", {}, label), element("dd", {}, value));
  return list;
}

function coverLines(at) {
  const { names, works, until, from, kind } = app.covers;
  const name = [app.data.layers[kind[at]].label, names[at]].filter(Boolean).join(" ");
  const day = until[at] ? fill("cover_until", { day: iso(until[at]) }) : from[at] ? fill("cover_from", { day: iso(from[at]) }) : ui("cover_stays");
  return [name, [day, works[at]].filter(Boolean).join(" · ")];
}

const paragraphs = (lines) => element("div", {}, ...lines.map((line) => element("p", {}, line)));

function tipOf(table, at, spot) {
  const covers = coversAt(spot).slice(0, 3).map((cover) => paragraphs(coverLines(cover)));
  if (at < 0) return covers;
  const head = table === app.parcels ? table.ids[at] : fill("cell", { side: distance(table.side_m), count: whole(table.count[at]) });
  const kinds = stopPlace() ? [] : firstFigures(table, at);
  const facts = table === app.parcels ? dayFigures(table, at).slice(0, 1) : [...dayFigures(table, at), ...kinds];
  const own = element("div", {}, element("p", {}, head), factList([[ui("area"), area(table.area[at])], ...facts]));
  return [own, ...covers];
}

// --- pointer and keys

function pointAt({ latlng, originalEvent }) {
  if (originalEvent.pointerType === "touch" || !app.scene) return;
  const { table } = app.scene;
  const spot = stepsAt(latlng);
  const at = table === app.parcels ? parcelAt(spot) : cellAt(table, spot);
  const blocks = tipOf(table, at, spot);
  frameCell(table === app.parcels ? -1 : at, table);
  app.map.getContainer().classList.toggle("pp-over", at >= 0);
  if (!blocks.length) return void app.tip.remove();
  app.tip.setContent(element("div", { class: "pp-tip pp-city-tip" }, ...blocks)).setLatLng(latlng);
  if (!app.tip.isOpen()) app.tip.addTo(app.map);
}

function frameCell(at, table) {
  app.frame?.remove();
  app.frame = at < 0 ? null : L.rectangle(latLngBox(cellBox(table, at)), { pane: "selection", color: "#101820", weight: 2, fill: false, interactive: false }).addTo(app.map);
}

function leave() {
  app.tip.remove();
  frameCell(-1);
}

function click({ latlng }) {
  const { table } = app.scene;
  const spot = stepsAt(latlng);
  const at = table === app.parcels ? parcelAt(spot) : cellAt(table, spot);
  app.map.closePopup();
  if (at < 0) return;
  if (table === app.parcels) openParcel(at, latlng);
  else app.map.fitBounds(latLngBox(cellBox(table, at)), { padding: [40, 40] });
  leave();
}

function openParcel(at, latlng) {
  const { boxes, ringAt, pointAt, x, y } = app.parcels;
  app.map.closePopup();
  const rings = [];
  for (let ring = ringAt[at]; ring < ringAt[at + 1]; ring++) {
    rings.push(Array.from({ length: pointAt[ring + 1] - pointAt[ring] }, (_, place) => latLngOf([x[pointAt[ring] + place], y[pointAt[ring] + place]])));
  }
  const ring = L.polygon(rings.map((points) => [points]), { pane: "selection", color: "#101820", weight: 3, fill: false, interactive: false }).addTo(app.map);
  const middle = latLngBox([0, 1, 2, 3].map((side) => boxes[4 * at + side])).getCenter();
  const size = { maxWidth: Math.min(360, innerWidth - 60), minWidth: Math.min(270, innerWidth - 60), maxHeight: Math.max(180, app.map.getSize().y - 110) };
  app.popup = L.popup({ ...size, autoPanPadding: [16, 16] }).setLatLng(latlng ?? middle).setContent(popupContent(at));
  app.popup.on("remove", () => {
    ring.remove();
    app.selected = undefined;
    rememberState();
  });
  app.popup.openOn(app.map);
  app.popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", ui("close"));
  app.selected = at;
  rememberState();
}

function renewPopup() {
  if (app.selected !== undefined) app.popup.setContent(popupContent(app.selected));
}

function popupContent(at) {
  const table = app.parcels;
  const words = table.columns.map(({ name, label, words: known, codes }) => ({ name, label, value: known[codes[at]] })).filter(({ value }) => value);
  const head = element("h3", {}, element("b", {}, table.ids[at]), element("small", {}, words.find(({ name }) => name === "name")?.value ?? ""));
  const first = firstFigures(table, at);
  if (table.pieces) first.push([ui("pieces"), whole(table.pieces[at])]);
  if (table.largest) first.push([ui("largest"), withMu(table.largest[at])]);
  const rest = words.filter(({ name }) => name !== "name").map(({ label, value }) => [label, value]);
  if (table.ready_on) rest.unshift([ui("ready_on"), table.ready_on[at] ? iso(table.ready_on[at]) : ui("never")]);
  const today = [[ui("area"), withMu(table.area[at])], ...dayFigures(table, at)];
  const parts = stopPlace() ? [dayLine(stopPlace()), factList(today), dayLine(0), factList([...first, ...rest])] : [dayLine(0), factList([...today, ...first, ...rest])];
  return element("article", { class: "pp-popup" }, head, ...parts, ...ownCurve(at));
}

function dayLine(place) {
  if (!hasDays()) return "";
  const words = [app.data.stops[place].on, ui(place ? "this_day" : "first_day")];
  return element("p", { class: "pp-day" }, words.join(" "));
}

// Developable land of one parcel over time, where it changes.
function ownCurve(at) {
  const values = app.parcels.free.map((figures) => figures[at]);
  if (new Set(values).size < 2) return [];
  const top = app.parcels.area[at];
  const path = values.map((value, x) => `${x ? `H${x}` : `M0 ${100 - (100 * value) / top}`}V${100 - (100 * value) / top}`).join("");
  const drawn = svg("svg", { viewBox: `0 -4 ${values.length - 1} 108`, preserveAspectRatio: "none", class: "pp-curve", role: "img", "aria-label": ui("over_time") },
    svg("path", { d: `M0 0H${values.length - 1}`, class: "pp-all" }), svg("path", { d: path, class: "pp-line" }), svg("path", { d: `M${stopPlace()} -4V104`, class: "pp-cursor" }));
  return [element("p", { class: "pp-curve-name" }, ui("over_time")), drawn];
}
