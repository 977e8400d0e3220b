// Legend, layers, and the days below the map.

const YEAR_PX = 38; // room that a year takes

function drawLegend() {
  document.querySelectorAll("[name=pp-theme]").forEach((radio) => (radio.checked = radio.value === app.theme));
  if (!app.scene) return;
  const { table } = app.scene;
  const [counts, sums] = [new Float64Array(app.data.shares.length), new Float64Array(app.data.shares.length)];
  for (let at = 0; at < table.rows; at++) {
    const place = classOf(table, at);
    counts[place] += 1;
    sums[place] += table.area[at];
  }
  const unit = ui(table === app.parcels ? "parcels" : "cells");
  const items = app.data.shares.map(({ color }, place) => {
    const note = `${whole(counts[place])} ${unit} · ${area(sums[place])}`;
    const style = { color: "#3d454e", weight: 0.7, fillColor: color, fillOpacity: 1 };
    return element("li", { "data-class": place }, swatch(style), element("span", {}, classLabel(place)), element("small", {}, note));
  });
  $("pp-legend-title").textContent = theme().legend;
  const gone = app.covers && Array.from(app.covers.kind).some((_, at) => lifeOf(at) === "gone");
  $("pp-legend").replaceChildren(...items.reverse(), ...(gone ? [element("li", { class: "pp-note" }, ui("gone"))] : []));
  $("pp-level").textContent = levelText(table);
}

function levelText(table) {
  if (app.data.detail && !app.parcels) return ui("loading");
  const word = table === app.parcels ? "per_parcel" : app.data.detail ? "per_cell" : "per_cell_only";
  return fill(word, { side: distance(table.side_m), count: whole(table.rows) });
}

function classLabel(place) {
  const { shares } = app.data;
  const edge = (at) => Math.round(1000 * shown(shares[at].least)) / 10;
  const last = shares.length - 1;
  if (place === last) return fill("exactly", { low: edge(last) });
  if (place === 0) return fill(theme().kind === undefined ? "below" : "above", { low: edge(1), high: edge(1) });
  const [low, high] = [edge(place), edge(place + 1)].sort((a, b) => a - b);
  return fill("between", { low, high });
}

function drawSwitches() {
  const toggle = (id) => (on) => {
    if (on) app.off.delete(id);
    else app.off.add(id);
    app.surface.draw();
  };
  for (const { id, label, style } of app.data.layers) $("pp-layers").append(switchRow(label, true, swatch(style), toggle(id)));
  $("pp-layers").append(switchRow(ui("labels"), true, element("span", { class: "pp-swatch pp-abc" }, "97%"), toggle("labels")));
}

// --- days

const hasDays = () => app.data.stops.length > 1;

function totals(name) {
  const figures = app.levels[0][name];
  return app.data.stops.map((_, place) => (figures[Math.min(place, figures.length - 1)] ?? []).reduce((sum, value) => sum + value, 0));
}

function drawChart() {
  if (!hasDays()) return;
  const all = app.levels[0].area.reduce((sum, value) => sum + value, 0);
  app.totals = { all, free: totals("free"), ready: app.levels[0].ready.length ? totals("ready") : null };
  const drawn = new Set(app.totals.free).size > 1 || !app.totals.ready ? app.totals.free : app.totals.ready;
  const [least, most] = [Math.min(...drawn), Math.max(...drawn)];
  const height = (value) => 94 - (88 * (value - least)) / (most - least || 1);
  const path = drawn.map((value, x) => `${x ? `H${x}` : `M0 ${height(value)}`}V${height(value)}`).join("");
  app.cursor = svg("path", { class: "pp-cursor" });
  $("pp-chart").setAttribute("viewBox", `0 -3 ${drawn.length - 1} 106`);
  $("pp-chart").append(svg("path", { d: `${path}V100H0Z`, class: "pp-below" }), svg("path", { d: path, class: "pp-line" }), app.cursor);
  [["pp-most", most], ["pp-least", least]].forEach(([id, value]) => ($(id).textContent = percent(value / all)));
  drawYears();
}

// The first stop of each year, as many years as there is room for.
function drawYears() {
  const last = app.data.stops.length - 1;
  const yearAt = (place) => app.data.stops[place].on.slice(0, 4);
  const first = app.data.stops.map((_, place) => place).filter((place) => (place ? yearAt(place) !== yearAt(place - 1) : yearAt(0) === yearAt(1)));
  const every = Math.ceil((first.length * YEAR_PX) / $("pp-ticks").clientWidth);
  const years = first.filter((_, place) => place % every === 0);
  $("pp-ticks").replaceChildren(...years.map((place) => element("span", { style: `left:${(place / last) * 100}%` }, yearAt(place))));
}

function drawTimeline() {
  if (!hasDays()) return;
  const { on } = app.data.stops[stopPlace()];
  document.body.classList.toggle("pp-timeline", inTimeline());
  $("pp-slider").value = stopPlace();
  $("pp-slider").setAttribute("aria-valuetext", on);
  $("pp-date").textContent = on;
  $("pp-date-note").textContent = ui(stopPlace() ? "this_day" : "first_day");
  app.cursor.setAttribute("d", `M${stopPlace()} -3V103`);
  const { all, free, ready } = app.totals;
  const lines = [["free", free], ["blocked", free.map((value) => all - value)], ...(ready ? [["ready", ready]] : [])];
  $("pp-readout").replaceChildren(...lines.map(([key, values]) => readout(key, values[stopPlace()], all)));
}

function readout(key, value, all) {
  const share = element("b", { "data-figure": key }, percent(value / all));
  return element("div", {}, element("dt", {}, ui(key)), element("dd", {}, share, element("small", {}, area(value))));
}
