/* Continues microscope.js: the loss on the drawing, and how many other digits stay right, against the rate. */

const CHART = { width: 420, height: 210, left: 36, right: 46, top: 14, bottom: 34 };
const text = (x, y, words, attributes = {}) => svg("text", { x, y, "font-family": FONT, "font-size": 12, fill: "currentColor", "text-anchor": "middle", ...attributes }, String(words));

const across = (index) => CHART.left + ((CHART.width - CHART.left - CHART.right) * index) / (look.rates.length - 1);
const up = (share) => CHART.height - CHART.bottom - (CHART.height - CHART.top - CHART.bottom) * Math.min(Math.max(share, 0), 1);
/* A loss that explodes would press all others flat, so the scale ends at twice the loss before, or at that of blind
   guessing; what is above stands at the top, as a hollow dot. */
const most = () => Math.max(2 * look.before.loss, Math.log(look.before.probs.length));
const lossUp = (loss) => up(loss === null ? 1 : loss / most());

const path = (heights, attributes) => svg("polyline", { points: heights.map((height, index) => `${across(index).toFixed(1)},${height.toFixed(1)}`).join(" "), fill: "none", "stroke-width": 2, "stroke-linejoin": "round", ...attributes });

/* Told apart without colour too: the one solid with dots, the other dashed with squares. */
const curves = () => {
  const losses = look.after.map(({ loss }) => lossUp(loss)), others = look.others?.after.map((right) => up(right / look.others.of));
  return [
    ...(others ? [path(others, { stroke: RISES, "stroke-dasharray": "5 3" }), ...others.map((y, index) => svg("rect", { x: across(index) - 2.5, y: y - 2.5, width: 5, height: 5, fill: RISES }))] : []),
    path(losses, { stroke: FALLS }),
    ...losses.map((y, index) => svg("circle", { cx: across(index), cy: y, r: 3, stroke: FALLS, fill: (look.after[index].loss ?? Infinity) > most() ? "#fff" : FALLS })),
  ];
};

/* The decades that lie within the rates. */
const decades = () => {
  const first = Math.log10(look.rates[0]), last = Math.log10(look.rates.at(-1)), marks = [];
  for (let power = Math.ceil(first - 0.01); power <= last + 0.01; power++) marks.push(svg("g", {}, text(across(((power - first) / (last - first)) * (look.rates.length - 1)), CHART.height - 18, Number((10 ** power).toPrecision(1)))));
  return marks;
};

const drawChart = () => {
  const end = CHART.width - CHART.right, zero = up(0), before = lossUp(look.before.loss);
  const rules = [0, 0.5, 1].flatMap((share) => [svg("line", { x1: CHART.left, x2: end, y1: up(share), y2: up(share), stroke: "currentColor", "stroke-opacity": 0.15 }),
    text(CHART.left - 5, up(share) + 4, number(share * most()), { "text-anchor": "end" }), ...(look.others ? [text(end + 5, up(share) + 4, `${100 * share} %`, { "text-anchor": "start", fill: RISES })] : [])]);
  const level = [svg("line", { x1: CHART.left, x2: end, y1: before, y2: before, stroke: "currentColor", "stroke-opacity": 0.7, "stroke-dasharray": "2 3" }), text(end - 4, before - 5, "loss before", { "text-anchor": "end" })];
  const cursor = svg("line", { class: "cursor", y1: CHART.top, y2: zero, stroke: "currentColor", "stroke-width": 1.5 });
  const words = text(CHART.width / 2, CHART.height - 3, "", { class: "chosen", "font-weight": 600 });
  find(".chart").replaceChildren(svg("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, xmlns: "http://www.w3.org/2000/svg", "aria-hidden": "true" }, ...rules, ...decades(), ...level, cursor, ...curves(), words));
  find(".rate").max = look.rates.length - 1;
};

const showCursor = () => {
  for (const name of ["x1", "x2"]) find(".cursor").setAttribute(name, across(at));
  find(".chosen").textContent = `learning rate ${rate()}`;
};
