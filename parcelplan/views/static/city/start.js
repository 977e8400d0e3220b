// Putting it together: cells first, then what lies over them, then the parcels.

// The whole city as large as it goes, between the steps at which zooming stops.
function showAll() {
  const { zoomSnap } = app.map.options;
  app.map.invalidateSize({ animate: false });
  app.map.options.zoomSnap = 0;
  app.map.fitBounds(app.data.bounds, { padding: [12, 12], animate: false });
  app.map.options.zoomSnap = zoomSnap;
}

function listen() {
  let last = null;
  const pointSoon = later(requestAnimationFrame, cancelAnimationFrame, () => last && pointAt(last));
  app.map.on("mousemove", (event) => ((last = event), pointSoon()));
  app.map.on("mouseout movestart zoomstart", () => ((last = null), leave()));
  app.map.on("click", click);
  $("pp-slider")?.addEventListener("input", () => (pause(), setStop(Number($("pp-slider").value))));
  $("pp-chart")?.addEventListener("click", (event) => (pause(), setStop(stopUnder(event))));
  $("pp-play")?.addEventListener("click", play);
  $("pp-search").addEventListener("input", listMatches);
  $("pp-search").addEventListener("keydown", searchKey);
  $("pp-search").addEventListener("blur", closeMatches);
  $("pp-panel-toggle").addEventListener("click", togglePanel);
  app.map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === app.map.getContainer()) click({ latlng: app.map.getCenter() });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") app.map.closePopup();
    if (event.key !== "/" || event.target.matches("input[type=search]")) return;
    event.preventDefault();
    $("pp-search").focus();
  });
  addEventListener("beforeprint", showAll);
  addEventListener("afterprint", showAll);
  document.fonts?.ready.then(() => app.surface.draw());
}

function start(map) {
  Object.assign(app, { map, data: JSON.parse($("parcelplan-data").textContent) });
  app.theme = app.data.themes[0].id;
  document.documentElement.lang = app.data.lang === "zh" ? "zh-CN" : "en";
  if (typeof DecompressionStream === "undefined") return void ($("pp-level").textContent = ui("old_browser"));
  app.tip = L.tooltip({ direction: "top", offset: [0, -8], opacity: 1, className: "pp-tooltip" });
  L.Util.extend(map.getContainer(), { role: "region", ariaLabel: app.data.title });
  showAll();
  map.setMinZoom(map.getZoom() - 2).setMaxBounds(map.getBounds().pad(1.5));
  drawThemes();
  drawSwitches();
  addControls();
  return void read();
}

async function read() {
  readCells(await unpack("cells"));
  const wanted = readHash();
  app.surface = new Surface({ pane: "parcels", padding: 0.2 }).addTo(app.map);
  drawChart();
  listen();
  refresh();
  mark("cells");
  readCovers(await unpack("covers"));
  app.surface.draw();
  if (app.data.detail) {
    readParcels(await unpack("parcels"));
    refresh();
    const at = app.parcels.ids.indexOf(wanted);
    if (at >= 0) go(record(at));
  }
  mark("ready");
}

// What has been read so far, for whoever waits for it, and when.
function mark(state) {
  document.body.dataset.state = state;
  performance.mark(`pp-${state}`);
}
