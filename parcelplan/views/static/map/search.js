// Finding a parcel, and the state of the map in the page's address.

function matches(query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const found = app.data.parcels.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted));
  const begins = ({ id }) => id.toLowerCase().startsWith(wanted);
  return found.sort((a, b) => begins(b) - begins(a)).slice(0, MATCHES);
}

function listMatches() {
  const query = $("pp-search").value;
  const found = matches(query);
  const rows = found.map((parcel, place) => matchRow(parcel, place));
  if (query.trim() && !rows.length) rows.push(element("li", { class: "pp-none" }, ui("no_match")));
  $("pp-matches").replaceChildren(...rows);
  $("pp-matches").hidden = !rows.length;
  $("pp-search").setAttribute("aria-expanded", String(rows.length > 0));
  app.found = found;
  pick(0);
}

function matchRow(parcel, place) {
  const { id, name, area } = parcel;
  const row = element("li", { id: `pp-match-${place}`, role: "option" }, element("b", {}, id), element("span", {}, name), element("small", {}, area));
  row.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    go(parcel);
  });
  return row;
}

function pick(place) {
  app.picked = place;
  [...$("pp-matches").children].forEach((row, at) => row.setAttribute("aria-selected", String(at === place)));
  if (app.found.length) $("pp-search").setAttribute("aria-activedescendant", `pp-match-${place}`);
  else $("pp-search").removeAttribute("aria-activedescendant");
}

function closeMatches() {
  $("pp-matches").hidden = true;
  $("pp-search").setAttribute("aria-expanded", "false");
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

function searchKey(event) {
  const count = app.found?.length ?? 0;
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps && count) pick((app.picked + steps[event.key] + count) % count);
  else if (event.key === "Enter" && count) go(app.found[app.picked]);
  else if (event.key === "Escape") closeMatches();
  else return;
  event.preventDefault();
}

function writeHash() {
  const parts = new URLSearchParams({ theme: app.theme });
  if (inTimeline()) parts.set("on", stop().on);
  if (app.selected) parts.set("parcel", app.selected);
  try {
    history.replaceState(null, "", `#${parts}`);
  } catch {
    // A page inside another one has no address of its own to write to.
  }
}

function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const place = app.data.stops.findIndex(({ on }) => on === parts.get("on"));
  if (app.data.themes.some(({ id }) => id === parts.get("theme"))) app.theme = parts.get("theme");
  if (place >= 0) app.stop = place;
  return app.parcels.get(parts.get("parcel"))?.parcel;
}
