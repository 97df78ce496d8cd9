const { on, svg, call, saves, paper, write } = window.inkling;
const find = (selector) => element.querySelector(selector);
const LEFT = 38, RIGHT = 352, TOP = 8;
const AXES = {
  loss: { column: 1, bottom: 168, ticks: () => [0, 0.8, 1.6, 2.4], text: (value) => value.toFixed(1) },
  accuracy: { column: 2, bottom: 168, ticks: () => [0, 0.25, 0.5, 0.75, 1], text: (value) => `${100 * value} %` },
  lr: { column: 3, bottom: 98, ticks: (points) => halves(points, 3), text: (value) => String(Number(value.toPrecision(2))) },
  gradient: { column: 4, bottom: 98, ticks: (points) => halves(points, 4), text: (value) => String(Number(value.toPrecision(2))) },
};
/* Ticks up to the next round number above all values: 1, 2 or 5 times a power of ten, so that an axis seldom jumps. */
const halves = (points, column) => {
  const most = points.reduce((found, point) => Math.max(found, point[column]), 1e-6), power = 10 ** Math.floor(Math.log10(most));
  const top = power * [1, 2, 5, 10].find((factor) => factor * power >= most * 0.999);
  return [0, top / 2, top];
};

/* The axes of loss and accuracy are fixed by the recipe, so nothing jumps while the curves grow. */
const draw = (name, { train, val, steps, epochs, marks }) => {
  const { column, bottom, text } = AXES[name], ticks = AXES[name].ticks(train), most = ticks.at(-1);
  const across = (step) => LEFT + ((RIGHT - LEFT) * step) / (steps || 1);
  const up = (value) => bottom - ((bottom - TOP) * Math.min(value, most)) / most;
  const line = (points, kind) => svg("polyline", { class: kind, points: points.map((point) => `${across(point[0]).toFixed(1)},${up(point[column]).toFixed(1)}`).join(" ") });
  const rules = ticks.flatMap((tick) => [svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick) }), label(LEFT - 5, up(tick) + 3, "end", text(tick))]);
  const every = Math.max(1, Math.ceil(epochs / 8));
  const names = Array.from({ length: Math.floor(epochs / every) }, (_, index) => (index + 1) * every)
    .map((epoch) => label(across((steps * epoch) / epochs), bottom + 15, "middle", epoch === epochs || epochs - epoch < every ? `epoch ${epoch}` : epoch));
  const measured = column < 3 ? val : [];
  const dots = measured.map((point) => svg("circle", { cx: across(point[0]), cy: up(point[column]), r: 3 }));
  const changes = marks.map(([step, what]) => svg("line", { class: "mark", x1: across(step), x2: across(step), y1: TOP, y2: bottom }, svg("title", {}, document.createTextNode(`step ${step}: ${what}`))));
  find(`.${name}`).replaceChildren(...rules, ...names, ...changes, line(train, "train"), line(measured, "val"), ...dots);
};

const label = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor === "middle" && x > RIGHT - 30 ? "end" : anchor }, String(text));

const NOTHING = { train: [], val: [], steps: 0, epochs: 0, marks: [] };

let shown = null; // the training as it was last told

const show = (view) => {
  shown = view;
  for (const name of Object.keys(AXES)) draw(name, view ?? NOTHING);
  if (!view) return;
  find(".changes").textContent = view.marks.length ? `┆ ${view.marks.map(([step, what]) => `step ${step}: ${what}`).join("; ")}` : "";
  showSettings(view, view.learning);
};
