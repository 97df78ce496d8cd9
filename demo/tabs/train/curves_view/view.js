import { on } from "../../../web/bus.js";
import { svg } from "../../../web/dom.js";
import { paper, saves, write } from "../../../web/save.js";
import { call } from "../../../web/server.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const LEFT = 38,
    RIGHT = 352,
    TOP = 8;
  const AXES = {
    loss: { column: 1, bottom: 168, ticks: () => [0, 0.8, 1.6, 2.4], text: (value) => value.toFixed(1) },
    accuracy: { column: 2, bottom: 168, ticks: () => [0, 0.25, 0.5, 0.75, 1], text: (value) => `${100 * value} %` },
    lr: {
      column: 3,
      bottom: 98,
      ticks: (points) => halves(points, 3),
      text: (value) => String(Number(value.toPrecision(2))),
    },
    gradient: {
      column: 4,
      bottom: 98,
      ticks: (points) => halves(points, 4),
      text: (value) => String(Number(value.toPrecision(2))),
    },
  };
  /* Ticks up to the next round number above all values: 1, 2 or 5 times a power of ten, so that an axis seldom jumps. */
  const halves = (points, column) => {
    const most = points.reduce((found, point) => Math.max(found, point[column]), 1e-6),
      power = 10 ** Math.floor(Math.log10(most));
    const top = power * [1, 2, 5, 10].find((factor) => factor * power >= most * 0.999);
    return [0, top / 2, top];
  };

  /* The axes of loss and accuracy are fixed by the recipe, so nothing jumps while the curves grow. */
  const draw = (name, { train, val, steps, epochs, marks }) => {
    const { column, bottom, text } = AXES[name],
      ticks = AXES[name].ticks(train),
      most = ticks.at(-1);
    const across = (step) => LEFT + ((RIGHT - LEFT) * step) / (steps || 1);
    const up = (value) => bottom - ((bottom - TOP) * Math.min(value, most)) / most;
    const line = (points, kind) =>
      svg("polyline", {
        class: kind,
        points: points.map((point) => `${across(point[0]).toFixed(1)},${up(point[column]).toFixed(1)}`).join(" "),
      });
    const rules = ticks.flatMap((tick) => [
      svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick) }),
      label(LEFT - 5, up(tick) + 3, "end", text(tick)),
    ]);
    const every = Math.max(1, Math.ceil(epochs / 8));
    const names = Array.from({ length: Math.floor(epochs / every) }, (_, index) => (index + 1) * every).map((epoch) =>
      label(
        across((steps * epoch) / epochs),
        bottom + 15,
        "middle",
        epoch === epochs || epochs - epoch < every ? `epoch ${epoch}` : epoch,
      ),
    );
    const measured = column < 3 ? val : [];
    const dots = measured.map((point) => svg("circle", { cx: across(point[0]), cy: up(point[column]), r: 3 }));
    const changes = marks.map(({ step, text: what }) =>
      svg(
        "line",
        { class: "mark", x1: across(step), x2: across(step), y1: TOP, y2: bottom },
        svg("title", {}, document.createTextNode(`step ${step}: ${what}`)),
      ),
    );
    find(`.${name}`).replaceChildren(
      ...rules,
      ...names,
      ...changes,
      line(train, "train"),
      line(measured, "val"),
      ...dots,
    );
  };

  const label = (x, y, anchor, text) =>
    svg("text", { x, y, "text-anchor": anchor === "middle" && x > RIGHT - 30 ? "end" : anchor }, String(text));

  const NOTHING = { train: [], val: [], steps: 0, epochs: 0, marks: [] };

  let shown = null; // the training as it was last told

  const show = (view) => {
    shown = view;
    for (const name of Object.keys(AXES)) draw(name, view ?? NOTHING);
    if (!view) return;
    find(".changes").textContent = view.marks.length
      ? `┆ ${view.marks.map(({ step, text: what }) => `step ${step}: ${what}`).join("; ")}`
      : "";
    showSettings(view, view.learning);
  };

  /* Continues curves.js: settings that may change while a training goes on. */
  const sliders = Object.fromEntries(
    [...element.querySelectorAll("[data-setting]")].map((slider) => [slider.dataset.setting, slider]),
  );
  let moving = false; // whether the visitor is moving a slider, which then is left alone

  /* A slider's place <-> its setting: rates in doublings of the recipe's, decays in powers of ten with none at the left. */
  let begun = null; // the learning rate of the recipe, by job
  const place = {
    lr: (value) => Math.log2(value / begun.lr),
    weight_decay: (value) => (value ? Math.log10(value) : -5),
    augmentation: (value) => value,
  };
  const value = {
    lr: (at) => Number((begun.lr * 2 ** at).toPrecision(4)),
    weight_decay: (at) => (at <= -5 ? 0 : Number((10 ** at).toPrecision(2))),
    augmentation: (at) => at,
  };
  const said = { lr: String, weight_decay: String, augmentation: (strength) => (strength ? `${strength} ×` : "off") };

  const showSettings = ({ id, settings }, running) => {
    if (begun?.id !== id) begun = { id, lr: settings.lr };
    for (const [name, slider] of Object.entries(sliders)) {
      slider.disabled = !running;
      if (moving) continue;
      slider.value = place[name](settings[name]);
      slider.previousElementSibling.textContent = said[name](settings[name]);
    }
  };

  const change = async (settings) => {
    try {
      const answer = await call(server.change, { job: shown.id, settings });
      find(".message").textContent = answer.error ?? "";
      if (answer.training) show(answer.training);
    } catch {
      find(".message").textContent = "The server does not answer. Try again in a moment.";
    }
  };

  for (const [name, slider] of Object.entries(sliders)) {
    slider.addEventListener("input", () => {
      moving = true;
      slider.previousElementSibling.textContent = said[name](value[name](Number(slider.value)));
    });
    slider.addEventListener("change", async () => {
      await change({ [name]: value[name](Number(slider.value)) });
      moving = false;
    });
  }

  show(null);
  on("training", show);

  /* Continues curves.js: the four charts on one sheet, which needs nothing from the page's style. */
  const STYLE = `svg svg text { font-size: 10px; fill: #555; } .grid { stroke: #ddd; } polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } .train { stroke: #2f7de1; } .val { stroke: #ef7d1a; }
  circle { fill: #ef7d1a; } .mark { stroke: #555; stroke-dasharray: 3 3; }`;

  const chartOf = (figure, index) => {
    const chart = figure.querySelector("svg").cloneNode(true),
      { width, height } = chart.viewBox.baseVal,
      x = 20 + 380 * (index % 2),
      y = index < 2 ? 64 : 300;
    for (const [name, value] of Object.entries({ x, y: y + 8, width, height })) chart.setAttribute(name, value);
    const [title, unit] = figure.querySelector("figcaption").childNodes;
    return [svg("text", { x, y }, svg("tspan", { "font-weight": 600 }, title.textContent), unit.textContent), chart];
  };

  const picture = () => {
    const changes = shown.marks.map(({ step, text: what }, row) =>
        write(20, 470 + 18 * row, `┆ step ${step}: ${what}`),
      ),
      height = 470 + 18 * changes.length;
    return paper(
      780,
      height,
      12,
      svg("style", {}, STYLE),
      write(20, 30, shown.message, { "font-size": 15, "font-weight": 600 }),
      ...[...element.querySelectorAll("figure")].flatMap(chartOf),
      write(20, 450, "blue: training batches; orange: held-out digits, after each epoch"),
      ...changes,
    );
  };
  saves(element, {
    ready: () => shown,
    first: "Start a training first.",
    name: () => `training-step-${shown.step}`,
    picture,
  });
};
