// The months below the map.

const STACK = ["transferred", "on_notice", "ready"];
const stateStyle = (key) => app.data.themes.at(-1).classes.find((item) => item.key === key).style;
const up = (mu) => 100 - (mu / app.data.area_mu) * 100;

function band(key, place) {
  const { stops } = app.data;
  const sum = (item, keys) => keys.reduce((total, name) => total + item[`${name}_mu`], 0);
  const top = stops.map((item, x) => `${x} ${up(sum(item, STACK.slice(0, place + 1)))}`);
  const floor = stops.map((item, x) => `${x} ${up(sum(item, STACK.slice(0, place)))}`).reverse();
  return svg("path", { d: `M${[...top, ...floor].join("L")}Z`, fill: stateStyle(key).fillColor });
}

function drawChart() {
  const { stops } = app.data;
  $("pp-chart").setAttribute("viewBox", `0 -3 ${Math.max(stops.length - 1, 1)} 106`);
  const line = `M${stops.map((item, x) => `${x} ${up(item.developable_mu)}`).join("L")}`;
  app.cursor = svg("path", { class: "pp-cursor" });
  $("pp-chart").append(...STACK.map(band), svg("path", { d: line, class: "pp-line" }), app.cursor);
  stops.forEach((item, place) => {
    const year = item.on.slice(0, 4);
    if (stops[place - 1]?.on.startsWith(year) ?? !item.on.includes("-01-")) return;
    const left = `left:${(place / Math.max(stops.length - 1, 1)) * 100}%`;
    $("pp-ticks").append(element("span", { style: left }, year));
  });
}

function drawTimeline() {
  document.body.classList.toggle("pp-timeline", inTimeline());
  $("pp-slider").value = stopPlace();
  $("pp-slider").setAttribute("aria-valuetext", stop().label);
  $("pp-date").textContent = stop().label;
  $("pp-date-note").textContent = stop().note;
  app.cursor.setAttribute("d", `M${stopPlace()} -3V103`);
  const shown = app.data.themes.at(-1).classes.filter(({ key }) => key !== "waiting");
  const rows = [["developable", ui("developable"), null], ...shown.map(({ key, label, style }) => [key, label, style.fillColor])];
  $("pp-readout").replaceChildren(...rows.map(readout));
}

function readout([key, label, color]) {
  const mark = element("i", color ? { style: `background:${color}` } : { class: "pp-line-mark" });
  const value = element("b", { "data-figure": key }, number(stop()[`${key}_mu`]));
  return element("div", {}, element("dt", {}, mark, label), element("dd", {}, value, element("small", {}, ui("mu"))));
}
