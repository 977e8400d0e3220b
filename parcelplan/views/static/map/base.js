// Elements of the page, and the state that the parts of the map share.

const SVG = "http://www.w3.org/2000/svg";
const EARTH_M = 40075016.686;
const PLAY_MS = 750;
const MATCHES = 8;
const app = { map: null, data: null, theme: "phase", stop: 0, timer: null, items: [], parcels: new Map(), labels: [] };
const owners = new WeakMap(); // path element -> what it draws
const $ = (id) => document.getElementById(id);
const ui = (word) => app.data.ui[word];

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
