// Names on the map, none over another.

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
