// Finding a parcel, and the state of the map in the page's address.

function record(at) {
  const word = (wanted) => {
    const column = app.parcels.columns.find(({ name }) => name === wanted);
    return column ? column.words[column.codes[at]] : "";
  };
  return { at, id: app.parcels.ids[at], name: word("name") || word("district"), area: area(app.parcels.area[at]) };
}

function matches(query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted || !app.parcels) return [];
  const { ids, columns } = app.parcels;
  const names = columns.find(({ name }) => name === "name");
  const [begins, holds] = [[], []];
  for (let at = 0; at < ids.length && begins.length < MATCHES; at++) {
    const id = ids[at].toLowerCase();
    if (id.startsWith(wanted)) begins.push(at);
    else if (holds.length < MATCHES && (id.includes(wanted) || names?.words[names.codes[at]].toLowerCase().includes(wanted))) holds.push(at);
  }
  return [...begins, ...holds].slice(0, MATCHES).map(record);
}

function go({ at, id }) {
  $("pp-search").value = id;
  closeMatches();
  document.body.classList.remove("pp-panel-open");
  const box = latLngBox([0, 1, 2, 3].map((side) => app.parcels.boxes[4 * at + side]));
  app.map.fitBounds(box, { maxZoom: 17.5, padding: [60, 60], animate: false });
  openParcel(at);
}

function writeHash() {
  const parts = new URLSearchParams({ theme: app.theme });
  if (hasDays() && inTimeline()) parts.set("on", app.data.stops[app.stop].on);
  if (app.selected !== undefined) parts.set("parcel", app.parcels.ids[app.selected]);
  rememberIn(parts);
}

function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const place = app.data.stops.findIndex(({ on }) => on === parts.get("on"));
  if (app.data.themes.some(({ id }) => id === parts.get("theme"))) app.theme = parts.get("theme");
  if (place >= 0) app.stop = place;
  return parts.get("parcel");
}
