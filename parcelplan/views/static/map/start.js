// Putting it together.

function addControls() {
  L.control.zoom({ position: "topleft", zoomInTitle: ui("zoom_in"), zoomOutTitle: ui("zoom_out") }).addTo(app.map);
  const home = element("button", { type: "button", class: "pp-home", title: ui("whole_site"), "aria-label": ui("whole_site") }, "⤢");
  home.addEventListener("click", showAll);
  document.querySelector(".leaflet-control-zoom").append(home);
  const north = L.control({ position: "bottomleft" });
  north.onAdd = () => {
    const arrow = svg("svg", { viewBox: "0 0 24 34", width: 24, height: 34 },
      svg("path", { d: "M12 1L20 31L12 25Z", fill: "#1f2933" }), svg("path", { d: "M12 1L4 31L12 25Z", fill: "#fff", stroke: "#1f2933" }));
    return element("div", { class: "pp-north" }, element("span", {}, ui("north")), arrow);
  };
  L.control.scale({ imperial: false, maxWidth: 150, position: "bottomleft" }).addTo(app.map);
  north.addTo(app.map);
}

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

function togglePanel() {
  const open = document.body.classList.toggle("pp-panel-open");
  $("pp-panel-toggle").setAttribute("aria-expanded", String(open));
}

// Many events come at once; one answer after the last of them is enough.
function later(ask, forget, action) {
  let waiting = 0;
  return () => {
    forget(waiting);
    waiting = ask(action);
  };
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
