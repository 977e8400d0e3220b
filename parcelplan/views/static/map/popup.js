// Pointing and clicking: the tip under the pointer and the popup of a parcel.

function under(event) {
  const nodes = document.elementsFromPoint(event.clientX, event.clientY);
  const found = nodes.map((node) => owners.get(node)).filter(Boolean);
  return found.sort((a, b) => Boolean(b.parcel) - Boolean(a.parcel));
}

function tipLines(item) {
  if (!item.parcel) return featureLines(item.feature);
  const { id, name, phase, area, stage } = item.parcel;
  const last = ["phase", "stage"].includes(app.theme) ? stage : `${theme().label} · ${classOf(item.parcel).label}`;
  return [[id, name].filter(Boolean).join("  "), `${phase} · ${area}`, last];
}

function featureLines(feature) {
  if (!feature.lives) return feature.tip ?? [];
  const [name, ...notes] = feature.tip;
  return [name, [ui(`life_${lifeOf(feature)}`), ...notes].join(" · ")];
}

function pointAt(event) {
  const items = under(event.originalEvent).filter((item) => tipLines(item).length).slice(0, 4);
  if (!items.length || event.originalEvent.pointerType === "touch") return app.tip.remove();
  const blocks = items.map((item) => element("div", {}, ...tipLines(item).map((line) => element("p", {}, line))));
  app.tip.setContent(element("div", { class: "pp-tip" }, ...blocks)).setLatLng(event.latlng);
  return app.tip.isOpen() ? app.tip : app.tip.addTo(app.map);
}

function click(event) {
  const hit = under(event.originalEvent).find((item) => item.parcel);
  if (hit) openParcel(hit.parcel, event.latlng);
  else deselect();
}

function openParcel(parcel, at) {
  deselect();
  const { group } = app.parcels.get(parcel.id);
  const ring = { pane: "selection", style: { color: "#101820", weight: 3.2, fill: false }, interactive: false };
  app.ring = L.geoJSON(parcel.g, ring).addTo(app.map);
  const size = { maxWidth: Math.min(360, innerWidth - 60), minWidth: Math.min(280, innerWidth - 60) };
  const room = { maxHeight: Math.max(180, app.map.getSize().y - 110), autoPanPadding: [16, 16] };
  app.popup = L.popup({ ...size, ...room }).setLatLng(at ?? group.getBounds().getCenter()).setContent(popupContent(parcel));
  app.popup.on("remove", unring).openOn(app.map);
  app.popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", ui("close"));
  app.tip.remove();
  app.selected = parcel.id;
  document.body.classList.add("pp-reading");
  rememberState();
}

function unring() {
  app.ring?.remove();
  app.selected = null;
  document.body.classList.remove("pp-reading");
  rememberState();
}

function deselect() {
  app.map.closePopup();
}

function popupContent(parcel) {
  const badge = element("span", { class: "pp-badge", style: `--c:${parcel.color}` }, parcel.phase);
  const head = element("h3", {}, element("b", {}, parcel.id), badge, element("small", {}, parcel.name));
  const facts = element("dl", {});
  parcel.facts.forEach(([label, value]) => facts.append(element("dt", {}, label), element("dd", {}, value)));
  const parts = [head, facts];
  if (parcel.why) parts.push(element("p", { class: "pp-why" }, element("b", {}, ui("why")), parcel.why));
  return element("article", { class: "pp-popup" }, ...parts, verdictSection(parcel.verdicts));
}

function verdictSection(verdicts) {
  const head = element("h4", {}, ui("verdicts"));
  if (!verdicts.length) return element("section", {}, head, element("p", { class: "pp-none" }, ui("no_verdicts")));
  const words = { violated: ui("violated"), unknown: ui("unknown"), ok: ui("met") };
  for (const [state, word] of Object.entries(words)) {
    const count = verdicts.filter(([verdict]) => verdict === state).length;
    if (count) head.append(element("span", { class: `pp-chip pp-${state}` }, `${word} ${count}`));
  }
  const met = verdictList(verdicts.filter(([state]) => state === "ok"));
  const rest = verdictList(verdicts.filter(([state]) => state !== "ok"));
  const more = met.childElementCount ? [element("details", {}, element("summary", {}, ui("met_list")), met)] : [];
  return element("section", {}, head, rest, ...more);
}

function verdictList(verdicts) {
  return element("ul", {}, ...verdicts.map(([state, sentence]) => element("li", { class: `pp-${state}` }, sentence)));
}
