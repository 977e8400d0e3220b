// Moving through the stops of the timeline. The map gives app, ui(), inTimeline() and setStop(place).

const PLAY_MS = 750;

function stopUnder(event) {
  const { left, width } = $("pp-chart").getBoundingClientRect();
  return Math.round(((event.clientX - left) / width) * (app.data.stops.length - 1));
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
