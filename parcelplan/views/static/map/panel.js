// Legend and layer switches.

function drawLegend() {
  document.querySelectorAll("[name=pp-theme]").forEach((radio) => (radio.checked = radio.value === app.theme));
  const rows = theme().classes.map((item) => {
    const note = item.note ?? `${number(stop()[`${item.key}_mu`])} ${ui("mu")}`;
    return element("li", { "data-key": item.key }, swatch(item.style), element("span", {}, item.label), element("small", {}, note));
  });
  if (inTimeline() && app.items.some(({ feature }) => feature && lifeOf(feature) === "gone")) rows.push(element("li", { class: "pp-note" }, ui("gone")));
  $("pp-legend").replaceChildren(...rows);
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
