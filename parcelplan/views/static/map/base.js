// The state that the parts of the map share.

const EARTH_M = 40075016.686;
const app = { map: null, data: null, theme: "phase", stop: 0, timer: null, items: [], parcels: new Map(), labels: [] };
const owners = new WeakMap(); // path element -> what it draws
const ui = (word) => app.data.ui[word];

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
