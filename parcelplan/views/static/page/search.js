// A list of matches below the search box, and the page's address. The map gives app, ui(), matches(query) and go(record).

const MATCHES = 8;

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

function searchKey(event) {
  const count = app.found?.length ?? 0;
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps && count) pick((app.picked + steps[event.key] + count) % count);
  else if (event.key === "Enter" && count) go(app.found[app.picked]);
  else if (event.key === "Escape") closeMatches();
  else return;
  event.preventDefault();
}

function rememberIn(parts) {
  try {
    history.replaceState(null, "", `#${parts}`);
  } catch {
    // A page inside another one has no address of its own to write to.
  }
}
