const { svg, call, download } = window.inkling;
const find = (selector) => element.querySelector(selector);
const LEFT = 38, RIGHT = 352, TOP = 8, BOTTOM = 168;
const AXES = { loss: { most: 2.4, ticks: [0, 0.8, 1.6, 2.4], text: (value) => value.toFixed(1) },
  accuracy: { most: 1, ticks: [0, 0.25, 0.5, 0.75, 1], text: (value) => `${100 * value} %` } };
const COLUMN = { loss: 1, accuracy: 2 };

const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
const share = (value) => `${(100 * value).toFixed(2)} %`;

/* Status lines are read aloud whenever they are written, so they are written only when they change. */
const tell = (selector, text) => { if (find(selector).textContent !== text) find(selector).textContent = text; };

/* The axes are fixed by the recipe, so nothing jumps while the curves grow. */
const draw = (name, { train, val, steps, epochs }) => {
  const { most, ticks, text } = AXES[name], column = COLUMN[name];
  const across = (step) => LEFT + ((RIGHT - LEFT) * step) / (steps || 1);
  const up = (value) => BOTTOM - ((BOTTOM - TOP) * Math.min(value, most)) / most;
  const line = (points, kind) => svg("polyline", { class: kind, points: points.map((point) => `${across(point[0]).toFixed(1)},${up(point[column]).toFixed(1)}`).join(" ") });
  const rules = ticks.flatMap((tick) => [svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick) }), label(LEFT - 5, up(tick) + 3, "end", text(tick))]);
  const every = Math.max(1, Math.ceil(epochs / 8));
  const marks = Array.from({ length: Math.floor(epochs / every) }, (_, index) => (index + 1) * every)
    .map((epoch) => label(across((steps * epoch) / epochs), BOTTOM + 15, "middle", epoch === epochs || epochs - epoch < every ? `epoch ${epoch}` : epoch));
  const dots = val.map((point) => svg("circle", { cx: across(point[0]), cy: up(point[column]), r: 3 }));
  find(`.${name}`).replaceChildren(...rules, ...marks, line(train, "train"), line(val, "val"), ...dots);
};

const label = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor === "middle" && x > RIGHT - 30 ? "end" : anchor }, String(text));

const show = (value) => {
  const view = value?.id ? value : null; // before the first training the value is empty
  for (const name of Object.keys(AXES)) draw(name, view ?? { train: [], val: [], steps: 0, epochs: 0 });
  if (!view) return;
  tell(".message", view.message);
  find(".bar div").style.transform = `scaleX(${view.progress})`;
  find(".bar").setAttribute("aria-valuenow", Math.round(100 * view.progress));
  find(".left").textContent = view.seconds_left === null ? "" : `about ${duration(view.seconds_left)} left`;
  find(".counts").textContent = view.steps ? `step ${view.step} of ${view.steps}` : "";
  const val = view.val.at(-1);
  tell(".outcome", [val ? `Held-out digits: ${share(val[2])} right.` : "",
    view.test_accuracy === null ? "" : `MNIST's test digits: ${share(view.test_accuracy)} right.`].join(" "));
  find(".file").hidden = !view.can_use;
};

find(".file").addEventListener("click", async () => {
  try {
    const file = await call(server.checkpoint, { job: props.value.id });
    if (file.error) find(".message").textContent = file.error;
    else download(file.name, file.type, file.data);
  } catch { find(".message").textContent = "The server does not answer. Try again in a moment."; }
});

watch("value", () => show(props.value));
show(props.value);
