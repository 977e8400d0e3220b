// Parcels and features as shapes on the map.

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
