// The state that the parts of the city map share, and its words.

const EARTH_M = 40075016.6855785; // web Mercator, once around
const DAY_MS = 86400000;
const app = { map: null, data: null, theme: null, stop: 0, timer: null, levels: [], cells: null, parcels: null, covers: null, off: new Set() };
const ui = (word) => app.data.ui[word];
const fill = (word, values) => ui(word).replace(/\{(\w+)\}/g, (_, name) => values[name]);

const rememberState = later((act) => setTimeout(act, 300), clearTimeout, writeHash);
const theme = () => app.data.themes.find((item) => item.id === app.theme);
const inTimeline = () => theme().moves;
const stopPlace = () => (inTimeline() ? app.stop : 0);
const dayNumber = () => app.data.stops[stopPlace()]?.number ?? 0;
const iso = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

const percent = (share, digits = 1) => `${number(100 * share, digits)}%`;
const whole = (value) => number(value, 0);
const area = (m2) => (m2 >= 1e6 ? `${number(m2 / 1e6, 2)} km²` : `${whole(m2)} m²`);
const distance = (m) => (m >= 1000 ? `${m / 1000} km` : `${m} m`);

function setTheme(id) {
  app.theme = id;
  if (!inTimeline()) pause();
  refresh();
}

function setStop(place) {
  app.stop = Math.min(Math.max(place, 0), app.data.stops.length - 1);
  if (!inTimeline()) app.theme = app.data.themes[0].id;
  refresh();
}

function refresh() {
  app.surface?.draw();
  drawLegend();
  drawTimeline();
  renewPopup();
  rememberState();
}
