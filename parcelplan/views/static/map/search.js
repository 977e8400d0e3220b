// Finding a parcel, and the state of the map in the page's address.

function matches(query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const found = app.data.parcels.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted));
  const begins = ({ id }) => id.toLowerCase().startsWith(wanted);
  return found.sort((a, b) => begins(b) - begins(a)).slice(0, MATCHES);
}

function go(parcel) {
  $("pp-search").value = parcel.id;
  closeMatches();
  document.body.classList.remove("pp-panel-open");
  const bounds = app.parcels.get(parcel.id).group.getBounds();
  if (!bounds.isValid()) return;
  app.map.fitBounds(bounds, { maxZoom: 17.5, padding: [60, 60], animate: false });
  openParcel(parcel);
}

function writeHash() {
  const parts = new URLSearchParams({ theme: app.theme });
  if (inTimeline()) parts.set("on", stop().on);
  if (app.selected) parts.set("parcel", app.selected);
  rememberIn(parts);
}

function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const place = app.data.stops.findIndex(({ on }) => on === parts.get("on"));
  if (app.data.themes.some(({ id }) => id === parts.get("theme"))) app.theme = parts.get("theme");
  if (place >= 0) app.stop = place;
  return app.parcels.get(parts.get("parcel"))?.parcel;
}
