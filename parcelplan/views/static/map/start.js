// Putting it together.

function showAll() {
  app.map.invalidateSize({ animate: false });
  app.map.fitBounds(app.data.bounds, { padding: [26, 26], animate: false });
}

function listen() {
  app.map.on("mousemove", pointAt).on("mouseout", () => app.tip.remove()).on("click", click);
  app.map.on("zoomend moveend layeradd layerremove", placeSoon);
  $("pp-slider").addEventListener("input", () => (pause(), setStop(Number($("pp-slider").value))));
  $("pp-chart").addEventListener("click", (event) => (pause(), setStop(stopUnder(event))));
  $("pp-play").addEventListener("click", play);
  $("pp-search").addEventListener("input", listMatches);
  $("pp-search").addEventListener("keydown", searchKey);
  $("pp-search").addEventListener("blur", closeMatches);
  $("pp-panel-toggle").addEventListener("click", togglePanel);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input[type=search]")) return;
    event.preventDefault();
    $("pp-search").focus();
  });
  addEventListener("beforeprint", showAll);
  addEventListener("afterprint", showAll);
  document.fonts?.ready.then(() => (app.labels.forEach((label) => delete label.sizes), placeLabels()));
}

function start(map) {
  Object.assign(app, { map, data: JSON.parse($("parcelplan-data").textContent), theme: null });
  app.theme = app.data.theme;
  document.documentElement.lang = app.data.lang === "zh" ? "zh-CN" : "en";
  app.tip = L.tooltip({ direction: "top", offset: [0, -8], opacity: 1, className: "pp-tooltip" });
  showAll();
  map.setMinZoom(map.getZoom() - 2).setMaxBounds(map.getBounds().pad(1.5));
  app.data.layers.forEach(addLayer);
  app.data.parcels.forEach(addParcel);
  drawThemes();
  drawSwitches();
  drawChart();
  addControls();
  addLabels();
  listen();
  const parcel = readHash();
  refresh();
  if (parcel) go(parcel);
}
