// Themes, signs of the legend and switches. The map gives app and setTheme(id).

function pathOptions(style) {
  const fill = style.pattern ? `url(#pp-${style.pattern})` : style.fillColor;
  return { stroke: true, dashArray: null, opacity: 1, ...style, fill: Boolean(fill) || style.fillOpacity === 0, fillColor: fill };
}

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

function switchRow(label, checked, sign, change) {
  const box = element("input", { type: "checkbox" });
  box.checked = checked;
  box.addEventListener("change", () => change(box.checked));
  return element("label", {}, box, sign, element("span", {}, label));
}

function togglePanel() {
  const open = document.body.classList.toggle("pp-panel-open");
  $("pp-panel-toggle").setAttribute("aria-expanded", String(open));
}
