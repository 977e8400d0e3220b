"use strict";
/* Draws the data block of the page on a Leaflet map. All figures, classes and words come with the data; text from it
   reaches the page as text nodes only. */
const parcelplan = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const EARTH_M = 40075016.686;
  const PLAY_MS = 750;
  const MATCHES = 8;
  const app = { map: null, data: null, theme: "phase", stop: 0, timer: null, items: [], parcels: new Map(), labels: [] };
  const owners = new WeakMap(); // path element -> what it draws
  const $ = (id) => document.getElementById(id);
  const ui = (word) => app.data.ui[word];

  // --- elements --------------------------------------------------------------------------------------------------
  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  const number = (value, digits = 1) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  // --- state -----------------------------------------------------------------------------------------------------
  const rememberState = later((act) => setTimeout(act, 300), clearTimeout, writeHash);
  const placeSoon = later(requestAnimationFrame, cancelAnimationFrame, placeLabels);
  const inTimeline = () => app.theme === "timeline";
  const theme = () => app.data.themes.find((item) => item.id === app.theme);
  const stopPlace = () => (inTimeline() ? app.stop : 0);
  const stop = () => app.data.stops[stopPlace()];
  const classOf = (parcel) => theme().classes[inTimeline() ? Number(parcel.states[app.stop]) : parcel.classes[app.theme]];

  function lifeOf(feature) {
    if (feature.from && stop().on < feature.from) return "future";
    if (feature.until && stop().on >= feature.until) return "gone";
    return "active";
  }

  function setTheme(id) {
    if (id !== "timeline") pause();
    app.theme = id;
    refresh();
  }

  function setStop(place) {
    app.stop = Math.min(Math.max(place, 0), app.data.stops.length - 1);
    app.theme = "timeline";
    refresh();
  }

  function refresh() {
    app.items.forEach(paint);
    drawLegend();
    drawTimeline();
    placeLabels();
    rememberState();
  }

  // --- shapes ----------------------------------------------------------------------------------------------------
  function pathOptions(style) {
    const fill = style.pattern ? `url(#pp-${style.pattern})` : style.fillColor;
    return { stroke: true, dashArray: null, opacity: 1, ...style, fill: Boolean(fill) || style.fillOpacity === 0, fillColor: fill };
  }

  function addShape(geometry, pane, owner, group) {
    const options = { pane, pointToLayer: (_, at) => L.circleMarker(at, { pane, radius: 3.2 }) };
    L.geoJSON(geometry, options).eachLayer((layer) => {
      const item = { layer, ...owner };
      layer.on("add", () => paint(item));
      app.items.push(item);
      group.addLayer(layer);
    });
  }

  function paint(item) {
    const node = item.layer.getElement();
    if (!node) return;
    const style = item.parcel ? classOf(item.parcel).style : featureStyle(item);
    node.style.display = style ? "" : "none";
    if (style) item.layer.setStyle(pathOptions(style));
    if (!item.ghost) owners.set(node, item);
    if (item.parcel) node.dataset.parcel = item.parcel.id;
    else Object.assign(node.dataset, { layer: item.of.id, life: lifeOf(item.feature) });
  }

  function featureStyle({ of, feature, part }) {
    const life = lifeOf(feature);
    if (life === "gone" && !inTimeline()) return null;
    const style = life === "active" ? (feature.style ?? of.style) : of[life];
    return style && part ? part(style) : style;
  }

  const casing = (style) => style.casing && { color: style.casing, weight: 2.6, dashArray: style.casingDash ?? null };
  const surface = (style) => (style.casing ? { ...style, stroke: false } : style);
  const halo = (style) => ({ ...style, weight: 9, dashArray: null, opacity: 0.16 });

  function addLayer(layer) {
    layer.group = L.layerGroup();
    const add = (feature, owner = {}) => addShape(feature.g, layer.pane, { of: layer, feature, ...owner }, layer.group);
    // All casings lie under all surfaces, so that roads open into one another at junctions.
    if (layer.shape === "road") layer.features.forEach((feature) => add(feature, { part: casing, ghost: true }));
    if (layer.style.halo) layer.features.forEach((feature) => add(feature, { part: halo, ghost: true }));
    layer.features.forEach((feature) => add(feature, layer.shape === "road" ? { part: surface } : {}));
    if (layer.on !== false) layer.group.addTo(app.map);
  }

  function addParcel(parcel) {
    const group = L.featureGroup();
    if (parcel.g) addShape(parcel.g, "parcels", { parcel }, group);
    app.parcels.set(parcel.id, { parcel, group: group.addTo(app.map) });
  }

  // --- pointing and clicking -------------------------------------------------------------------------------------
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

  // --- panel -----------------------------------------------------------------------------------------------------
  function swatch(style, shape) {
    const options = pathOptions(style.casing ? { ...style, color: style.casing, weight: 1.2 } : style);
    const look = { stroke: options.color, "stroke-width": options.weight, "stroke-dasharray": options.dashArray ?? undefined };
    const fill = { fill: options.fillColor ?? "none", "fill-opacity": options.fillOpacity };
    const drawn = shape === "line"
      ? svg("path", { d: "M1 8H29", fill: "none", ...look })
      : svg("rect", { x: 1.5, y: 1.5, width: 27, height: 13, rx: 1.5, ...look, ...fill });
    return svg("svg", { viewBox: "0 0 30 16", width: 30, height: 16, class: "pp-swatch", "aria-hidden": "true" }, drawn);
  }

  function drawThemes() {
    for (const { id, label } of app.data.themes) {
      const radio = element("input", { type: "radio", name: "pp-theme", value: id });
      radio.addEventListener("change", () => setTheme(id));
      $("pp-themes").append(element("label", {}, radio, element("span", {}, label)));
    }
  }

  function drawLegend() {
    document.querySelectorAll("[name=pp-theme]").forEach((radio) => (radio.checked = radio.value === app.theme));
    const rows = theme().classes.map((item) => {
      const note = item.note ?? `${number(stop()[`${item.key}_mu`])} ${ui("mu")}`;
      return element("li", { "data-key": item.key }, swatch(item.style), element("span", {}, item.label), element("small", {}, note));
    });
    if (inTimeline() && app.items.some(({ feature }) => feature && lifeOf(feature) === "gone")) rows.push(element("li", { class: "pp-note" }, ui("gone")));
    $("pp-legend").replaceChildren(...rows);
  }

  function switchRow(label, checked, sign, change) {
    const box = element("input", { type: "checkbox" });
    box.checked = checked;
    box.addEventListener("change", () => change(box.checked));
    return element("label", {}, box, sign, element("span", {}, label));
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

  // --- timeline --------------------------------------------------------------------------------------------------
  const STACK = ["transferred", "on_notice", "ready"];
  const stateStyle = (key) => app.data.themes.at(-1).classes.find((item) => item.key === key).style;
  const up = (mu) => 100 - (mu / app.data.area_mu) * 100;

  function band(key, place) {
    const { stops } = app.data;
    const sum = (item, keys) => keys.reduce((total, name) => total + item[`${name}_mu`], 0);
    const top = stops.map((item, x) => `${x} ${up(sum(item, STACK.slice(0, place + 1)))}`);
    const floor = stops.map((item, x) => `${x} ${up(sum(item, STACK.slice(0, place)))}`).reverse();
    return svg("path", { d: `M${[...top, ...floor].join("L")}Z`, fill: stateStyle(key).fillColor });
  }

  function drawChart() {
    const { stops } = app.data;
    $("pp-chart").setAttribute("viewBox", `0 -3 ${Math.max(stops.length - 1, 1)} 106`);
    const line = `M${stops.map((item, x) => `${x} ${up(item.developable_mu)}`).join("L")}`;
    app.cursor = svg("path", { class: "pp-cursor" });
    $("pp-chart").append(...STACK.map(band), svg("path", { d: line, class: "pp-line" }), app.cursor);
    stops.forEach((item, place) => {
      const year = item.on.slice(0, 4);
      if (stops[place - 1]?.on.startsWith(year) ?? !item.on.includes("-01-")) return;
      const left = `left:${(place / Math.max(stops.length - 1, 1)) * 100}%`;
      $("pp-ticks").append(element("span", { style: left }, year));
    });
  }

  function drawTimeline() {
    document.body.classList.toggle("pp-timeline", inTimeline());
    $("pp-slider").value = stopPlace();
    $("pp-slider").setAttribute("aria-valuetext", stop().label);
    $("pp-date").textContent = stop().label;
    $("pp-date-note").textContent = stop().note;
    app.cursor.setAttribute("d", `M${stopPlace()} -3V103`);
    const shown = app.data.themes.at(-1).classes.filter(({ key }) => key !== "waiting");
    const rows = [["developable", ui("developable"), null], ...shown.map(({ key, label, style }) => [key, label, style.fillColor])];
    $("pp-readout").replaceChildren(...rows.map(readout));
  }

  function stopUnder(event) {
    const { left, width } = $("pp-chart").getBoundingClientRect();
    return Math.round(((event.clientX - left) / width) * (app.data.stops.length - 1));
  }

  function readout([key, label, color]) {
    const mark = element("i", color ? { style: `background:${color}` } : { class: "pp-line-mark" });
    const value = element("b", { "data-figure": key }, number(stop()[`${key}_mu`]));
    return element("div", {}, element("dt", {}, mark, label), element("dd", {}, value, element("small", {}, ui("mu"))));
  }

  function pause() {
    clearInterval(app.timer);
    app.timer = null;
    showPlaying();
  }

  function play() {
    if (app.timer) return pause();
    if (!inTimeline() || app.stop >= app.data.stops.length - 1) setStop(0);
    app.timer = setInterval(() => {
      setStop(app.stop + 1);
      if (app.stop >= app.data.stops.length - 1) pause();
    }, PLAY_MS);
    return showPlaying();
  }

  function showPlaying() {
    $("pp-play").classList.toggle("pp-playing", Boolean(app.timer));
    $("pp-play").setAttribute("aria-label", ui(app.timer ? "pause" : "play"));
  }

  // --- labels ----------------------------------------------------------------------------------------------------
  function addLabel(at, kind, ...lines) {
    const text = element("span", { class: `pp-label pp-label-${kind}` }, ...lines);
    if (upright(at, lines)) {
      text.classList.add("pp-upright");
      at = { ...at, turn: at.turn > 0 ? at.turn - 90 : at.turn + 90 };
    }
    if (at.turn) text.style.setProperty("--turn", `${at.turn}deg`);
    const icon = L.divIcon({ html: text, className: "pp-anchor", iconSize: [0, 0] });
    const marker = L.marker([at.lat, at.lng], { icon, interactive: false, keyboard: false }).addTo(app.map);
    app.labels.push({ ...at, kind, text, marker });
  }

  // Han characters along a steep line stand upright one below the other.
  const upright = ({ turn }, [name]) => Math.abs(turn ?? 0) > 55 && typeof name === "string" && /^\p{Script=Han}/u.test(name);

  function addLabels() {
    const bySize = [...app.data.parcels].sort((a, b) => b.label[2] - a.label[2]);
    for (const { id, area, label: [lng, lat, radius] } of bySize) {
      addLabel({ lat, lng, radius }, "parcel", element("b", {}, id), element("small", {}, area));
    }
    for (const layer of app.data.layers) {
      for (const feature of layer.features) {
        if (feature.name && feature.at) addName(layer, feature);
      }
    }
  }

  function addName(layer, feature) {
    const [lng, lat, turn] = feature.at;
    addLabel({ lat, lng, turn, layer, feature }, layer.shape === "road" ? "road" : layer.id, feature.name);
  }

  const pixelsPerMetre = (lat) => 2 ** (app.map.getZoom() + 8) / (EARTH_M * Math.cos((lat * Math.PI) / 180));

  // Labels come in order of weight; each takes its richest form that fits and meets no label before it.
  function placeLabels() {
    const taken = [];
    for (const label of app.labels) {
      const form = shown(label) && forms(label).find((name) => takeRoom(label, name, taken));
      label.text.dataset.form = form || "hidden";
    }
  }

  const shown = ({ layer, feature }) => !layer || (app.map.hasLayer(layer.group) && lifeOf(feature) !== "gone");
  const forms = (label) => (label.kind === "parcel" ? ["full", "short"] : ["full"]);

  function takeRoom(label, form, taken) {
    const [width, height] = labelSize(label, form);
    const across = 2 * (label.radius ?? Infinity) * pixelsPerMetre(label.lat);
    if (Math.hypot(width, height) > across * (form === "short" ? 1.5 : 1.15)) return false;
    const turn = ((label.turn ?? 0) * Math.PI) / 180;
    const [cos, sin] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
    const at = app.map.latLngToContainerPoint([label.lat, label.lng]);
    const half = { x: (width * cos + height * sin) / 2 + 2, y: (width * sin + height * cos) / 2 + 1 };
    const box = { left: at.x - half.x, right: at.x + half.x, top: at.y - half.y, bottom: at.y + half.y };
    if (taken.some((other) => overlap(box, other))) return false;
    taken.push(box);
    return true;
  }

  function labelSize(label, form) {
    label.sizes ??= {};
    if (!label.sizes[form]) {
      label.text.dataset.form = form;
      label.sizes[form] = [label.text.offsetWidth, label.text.offsetHeight];
    }
    return label.sizes[form];
  }

  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

  // --- search ----------------------------------------------------------------------------------------------------
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

  // --- address ---------------------------------------------------------------------------------------------------
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

  // --- start -----------------------------------------------------------------------------------------------------
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
    Object.assign(app, { map, data: JSON.parse($("parcelplan-data").textContent), theme: "phase" });
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

  return { start };
})();
