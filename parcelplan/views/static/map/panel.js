// Themes, legend and layer switches.

function swatch(style, shape) {
  const options = pathOptions(style.casing ? { ...style, color: style.casing, weight: 1.2 } : style);
  const look = { stroke: options.color, "stroke-width": options.weight, "stroke-dasharray": options.dashArray ?? undefined };
  const fill = { fill: options.fillColor ?? "none", "fill-opacity": options.fillOpacity };
  const drawn = shape === "line"
    ? svg("path", { d: "M1 8H29", fill: "none", ...look })
    : svg("rect", { x: 1.5, y: 1.5, width: 27, height: 13, rx: 1.5, ...look, ...fill });
  return svg("svg", { viewBox: "0 0 30 16", width: 30, height: 16, class: "pp-swatch", "aria-hidden": "true" }, drawn);
}

function drawThemes() {
  for (const { id, label } of app.data.themes) {
    const radio = element("input", { type: "radio", name: "pp-theme", value: id });
    radio.addEventListener("change", () => setTheme(id));
    $("pp-themes").append(element("label", {}, radio, element("span", {}, label)));
  }
}

function drawLegend() {
  document.querySelectorAll("[name=pp-theme]").forEach((radio) => (radio.checked = radio.value === app.theme));
  const rows = theme().classes.map((item) => {
    const note = item.note ?? `${number(stop()[`${item.key}_mu`])} ${ui("mu")}`;
    return element("li", { "data-key": item.key }, swatch(item.style), element("span", {}, item.label), element("small", {}, note));
  });
  if (inTimeline() && app.items.some(({ feature }) => feature && lifeOf(feature) === "gone")) rows.push(element("li", { class: "pp-note" }, ui("gone")));
  $("pp-legend").replaceChildren(...rows);
}

function switchRow(label, checked, sign, change) {
  const box = element("input", { type: "checkbox" });
  box.checked = checked;
  box.addEventListener("change", () => change(box.checked));
  return element("label", {}, box, sign, element("span", {}, label));
}

function drawSwitches() {
  for (const group of ["land", "constraints", "base"]) {
    const layers = app.data.layers.filter((layer) => layer.section === group);
    if (!layers.length) continue;
    $("pp-layers").append(element("h3", {}, ui(`group_${group}`)));
    for (const layer of layers) {
      const change = (on) => (on ? layer.group.addTo(app.map) : layer.group.remove());
      $("pp-layers").append(switchRow(layer.label, layer.on !== false, swatch(layer.sign ?? layer.style, layer.shape), change));
    }
  }
  const toggle = (on) => app.map.getPane("markerPane").classList.toggle("pp-hidden", !on);
  $("pp-layers").append(switchRow(ui("labels"), true, element("span", { class: "pp-swatch pp-abc" }, "A1"), toggle));
}
