/* Continues when.js: the slider, playing, questions to the server, files, and following the page. */

/* ---- the slider and the chart lead to the nearest part that was read ---- */
const refresh = onceAFrame(show);
const go = (to) => { now = Math.min(Math.max(to, 0), parts.share.length - 1); refresh(); };

const nearest = (portion) => parts.share.reduce((found, value, part) => (Math.abs(value - portion) < Math.abs(parts.share[found] - portion) ? part : found), 0);

const scrub = (event) => {
  if (!parts || (event.type === "pointermove" && !event.buttons)) return;
  const box = find(".chart").getBoundingClientRect();
  stop();
  go(nearest((event.clientX - box.left - THUMB) / (box.width - 2 * THUMB)));
};
for (const event of ["pointerdown", "pointermove"]) find(".chart").addEventListener(event, scrub);

/* ---- playing, in the pen's own time where that is known ---- */
/* When each part is shown, in milliseconds; a pause of the pen is cut short. */
const timetable = (from) => {
  const { time } = parts, slow = find(".slow input").checked ? 4 : 1, moments = parts.share.map(() => 0);
  for (let part = from + 1; part < moments.length; part++) {
    moments[part] = moments[part - 1] + slow * (time ? Math.min(time[part] - time[part - 1], LONGEST) : (EVEN / 4) * (parts.share[part] - parts.share[part - 1]));
  }
  return moments;
};

const begin = () => {
  const from = now >= parts.share.length - 1 ? 0 : now, moments = timetable(from);
  go(from);
  return (passed) => {
    const next = moments.findIndex((moment, part) => part > from && moment > passed);
    go(next < 0 ? moments.length - 1 : next - 1);
    return next >= 0;
  };
};
const { slider, stop } = player(element, { ready: () => parts, begin, slide: (value) => go(nearest(value / 1000)), rest: show, move: (by) => go(now + by), keys: { PageDown: -5, PageUp: 5 } });

/* ---- a patch that is pointed at is chosen in all views while that lasts; what is clicked stays ---- */
const { point, toggle } = pointing();
const tokenOf = ({ dataset: { patch } }) => (patch === undefined ? undefined : Number(patch) + 1);
const map = find('[data-map="image"]');
map.addEventListener("pointerover", (event) => point(tokenOf(event.target)));
map.addEventListener("pointerleave", () => point());
map.addEventListener("click", (event) => { if (parts && event.target.dataset.patch) toggle(tokenOf(event.target)); });

/* ---- asking: one request for each drawing; an answer to an older one is dropped ---- */
const ask = async () => {
  stale = !inSight();
  if (stale || !seen) return;
  const asking = ++version, { source, model, image } = seen;
  element.setAttribute("aria-busy", "true");
  try {
    const answer = await call(server.parts, source);
    if (asking !== version) return;
    if (answer.error) return clear(answer.error);
    say("");
    accept({ ...answer, strokes: source.strokes, model, image });
  } catch { if (asking === version) say("The server does not answer. Try again in a moment."); }
  finally { if (asking === version) element.setAttribute("aria-busy", "false"); }
};

const accept = (answer) => {
  parts = { ...answer, images: unpack(answer.images), attention: unpack(answer.attention) };
  now = parts.share.length - 1;
  find(".view").hidden = false;
  find(".verdict").textContent = decision();
  buildSheet();
  buildImage();
  buildChart();
  show();
};

const clear = (text) => {
  stop();
  parts = null;
  find(".view").hidden = true;
  find(".verdict").textContent = text;
};

new ResizeObserver(() => { if (parts && find(".chart").clientWidth !== chart.width && inSight()) { buildChart(); show(); } }).observe(find(".chart"));

/* ---- files: the chart, and the drawing and the image at the slider's place ---- */
const picture = () => {
  const part = (selector, left, top, width, height) => {
    const copy = find(selector).cloneNode(true);
    for (const [attribute, value] of Object.entries({ x: left, y: top, width, height })) copy.setAttribute(attribute, value);
    return copy;
  };
  const text = (left, top, content, size = 13) => svg("text", { x: left, y: top, "font-size": size, "font-family": "system-ui, sans-serif", fill: "#111" }, content);
  const { width, height } = chart;
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width + 40} ${height + 330}`, width: 2 * (width + 40), height: 2 * (height + 330) }, svg("rect", { width: width + 40, height: height + 330, fill: "#fff" }),
    ...decision().split(/(?<=\.) (?=Before|Even)/).map((line, row) => text(20, 26 + 20 * row, line, 14)), part(".chart svg", 20, 76, width, height),
    text(20, height + 102, find(".now").textContent), part(".sheet svg", 20, height + 114, 196, 196), part('[data-map="image"] svg', 236, height + 114, 196, 196));
};
saves(element, { ready: () => parts, name: () => `when-${parts.digit.at(-1)}`, picture });

/* ---- following the page ---- */
on("nothing", () => {
  version++;
  seen = null;
  clear("Draw a digit first");
  say("");
  element.setAttribute("aria-busy", "false");
});

on("reading", (reading) => {
  if (!reading.whole) return;
  stop();
  seen = reading;
  stale = true;
  ask();
});

on("chosen", () => { if (parts) show(); });

new IntersectionObserver(() => { if (stale) ask(); }).observe(element);
