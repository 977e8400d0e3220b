// Zoom, the way back to the whole, north and scale. The map gives app.map, ui() and showAll().

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
