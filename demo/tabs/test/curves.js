/* Continues evaluation.js: the accuracy on changed digits, beside another model's. */

const CHART = { width: 230, height: 176, left: 36, right: 10, top: 22, bottom: 52 };
let beside = null, example = null; // the token of the other model; paints the digit that shows the changes
const own = new Set(); // tokens of the visitor's own models that have read here

const offered = () => [...props.models.map((model) => model.token), ...own].filter((model) => model !== token());

const showBeside = () => {
  const others = offered();
  if (!others.includes(beside)) beside = others[0] ?? null;
  find(".beside").hidden = !others.length;
  const choice = (model, label) => {
    const input = make("input", { type: "radio", name: "inkling-evaluation-beside", value: model });
    input.checked = model === (beside ?? "");
    input.addEventListener("change", () => { beside = model || null; showCurves(); follow(); });
    return make("label", {}, input, make("span", {}, label));
  };
  find(".beside").replaceChildren(...(others.length ? [...others.map((model) => choice(model, `Beside ${named(model)}`)), choice("", "Alone")] : []));
};

const place = ({ amounts }) => (at) => CHART.left + ((CHART.width - CHART.left - CHART.right) * (amounts[at] - amounts[0])) / (amounts[amounts.length - 1] - amounts[0]);
const height = (share) => CHART.height - CHART.bottom - (CHART.height - CHART.top - CHART.bottom) * share;

/* Told apart without colour too: the one solid with dots, the other dashed with squares. */
const line = (x, shares, other) => [
  svg("polyline", { points: shares.map((share, at) => `${x(at).toFixed(1)},${height(share).toFixed(1)}`).join(" "), fill: "none", stroke: other ? GOOD : BAD, "stroke-width": 2, "stroke-linejoin": "round", ...(other ? { "stroke-dasharray": "5 3" } : {}) }),
  ...shares.map((share, at) => (other ? svg("rect", { x: x(at) - 2, y: height(share) - 2, width: 4, height: 4, fill: GOOD }) : svg("circle", { cx: x(at), cy: height(share), r: 2.4, fill: BAD }))),
];

const chart = (way, first, mine, others) => {
  const x = place(way), last = way.amounts.length - 1, parts = last % 4 ? 3 : 4, marks = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * last) / parts));
  const grid = [0, 0.5, 1].flatMap((share) => [svg("line", { x1: CHART.left, x2: CHART.width - CHART.right, y1: height(share), y2: height(share), stroke: "currentColor", "stroke-opacity": 0.18 }), text(14, height(share), `${100 * share} %`)]);
  const thumbs = marks.flatMap((at) => [picture(example, first + at, { x: Math.min(Math.max(x(at) - 12, 0), CHART.width - 24), y: CHART.height - CHART.bottom + 14, width: 24, height: 24 }), text(Math.min(x(at), CHART.width - 10), CHART.height - CHART.bottom + 7, way.amounts[at])]);
  const here = svg("line", { y1: CHART.top, y2: height(0), stroke: "currentColor", "stroke-width": 1, visibility: "hidden" });
  const made = drawn(CHART.width, CHART.height, way.title, text(2, 9, way.title, { "text-anchor": "start", "font-size": 11, "font-weight": 700 }), text(CHART.width / 2, CHART.height - 6, way.unit), ...grid, ...(others ? line(x, others, true) : []), ...line(x, mine, false), ...thumbs, here);
  for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": last, "data-way": way.name })) made.setAttribute(name, value);
  let now = way.amounts.indexOf(way.nothing);
  const point = (at) => {
    now = Math.min(Math.max(at, 0), last);
    for (const other of find(".charts").querySelectorAll("[data-here]")) other.setAttribute("visibility", "hidden");
    for (const [name, value] of Object.entries({ x1: x(now), x2: x(now), visibility: "visible" })) here.setAttribute(name, value);
    const words = `${way.title}, ${way.amounts[now]} ${way.unit}: ${named(token())} reads ${(100 * mine[now]).toFixed(1)} % right${others ? `, ${named(beside)} ${(100 * others[now]).toFixed(1)} %` : ""}.`;
    made.setAttribute("aria-valuenow", now);
    made.setAttribute("aria-valuetext", words);
    find(".point p").textContent = words;
    example(find(".point canvas"), first + now);
  };
  here.setAttribute("data-here", "");
  made.setAttribute("aria-valuenow", now);
  made.addEventListener("pointermove", (event) => {
    const box = made.getBoundingClientRect(), at = ((event.clientX - box.left) / box.width) * CHART.width;
    point(way.amounts.reduce((best, _, index) => (Math.abs(x(index) - at) < Math.abs(x(best) - at) ? index : best), 0));
  });
  made.addEventListener("focus", () => point(now));
  made.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    point(now + step);
  });
  return made;
};

const showCurves = () => {
  const mine = rough.get(token()), others = beside && rough.get(beside);
  find(".point").hidden = !mine;
  find(".sample").textContent = mine ? `Accuracy on ${mine.images} of the test digits, always the same ones, so a curve is true to within about two points where it is high. Orange and solid: ${named(token())}${others ? `; blue and dashed: ${named(beside)}` : ""}.` : "";
  for (const old of find(".charts").querySelectorAll("svg")) old.remove();
  if (!mine) return;
  let first = 0;
  for (const way of mine.ways) {
    find(".point").before(chart(way, first, mine.curves[way.name], others?.curves[way.name]));
    first += way.amounts.length;
  }
  example(find(".point canvas"), mine.ways[0].amounts.indexOf(mine.ways[0].nothing));
  find(".point p").textContent = "Point at a curve, or use the arrow keys on it.";
};
