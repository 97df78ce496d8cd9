const { emit, make, unpack, paint, call } = window.inkling;
const SIDE = 280;            // units of the sheet; strokes are kept in these, whatever size the screen shows
const PEN = 20, ERASER = 12; // a line's width and the eraser's reach; the model sees MNIST's own pen width anyway
const FINEST = 1;            // units between two kept points
const PAUSE = 100;           // milliseconds between two readings while the pen moves
const RETRY = 1500;          // milliseconds before an unanswered reading is asked for again
const KEPT = "inkling-sheet";

const find = (selector) => element.querySelector(selector);
const canvas = find(".sheet canvas"), context = canvas.getContext("2d");
const buttons = Object.fromEntries([...element.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]));

/* The sheet is never changed in place, so undo is a list of the sheets before this one. A sheet holds strokes, each
   a list of [x, y, milliseconds, pressure], or an MNIST digit as { index, label, image }. */
let sheet = { strokes: [], sample: null };
let past = [], future = [];
let tool = "pen", pointer = null, stroke = null, before = null, rubbed = null, origin = 0;
let model = props.shipped;
let notice = ""; // what must be said with the next readings, until the sheet changes

const inked = () => (stroke ? [...sheet.strokes, stroke] : sheet.strokes);
const blank = () => !sheet.sample && inked().length === 0;

/* Waits, or goes on at once when `hurry` is called. */
let hurry = () => {};
const wait = (milliseconds) => new Promise((resolve) => { hurry = resolve; setTimeout(resolve, milliseconds); });

/* ---- reading: one request at a time, always of the latest sheet ---- */
let version = 0, answered = -1, blankedAt = -1, asking = false;

const changed = () => { version++; notice = ""; if (blank()) blankedAt = version; show(); ask(); };

const ask = async () => {
  if (asking) return;
  asking = true;
  element.setAttribute("aria-busy", "true");
  while (answered !== version) {
    const asked = version, started = performance.now();
    if (blank()) nothing("");
    else if (!(await request(asked))) { await wait(RETRY); continue; }
    answered = asked;
    if (pointer !== null) await wait(PAUSE - (performance.now() - started));
  }
  asking = false;
  element.setAttribute("aria-busy", "false");
};

/* Returns whether the server answered; an answer to a sheet that has been cleared since is dropped. */
const request = async (asked) => {
  const { sample } = sheet;
  const source = { ...(sample ? { sample: sample.index } : { strokes: inked() }), model };
  const whole = pointer === null;
  let answer;
  try {
    answer = await call(server.read, { ...source, whole });
  } catch {
    say("The server does not answer. Your drawing is kept; trying again.", true);
    return false;
  }
  if (asked <= blankedAt) return true;
  if (answer.expired) { notice = answer.error; useModel(props.shipped); trigger("shipped"); }
  else if (!answer.error) accept(answer, source, sample);
  else if (whole) nothing(answer.error, true); // while the pen is down, a first dot is no mistake
  return true;
};

const accept = (answer, source, sample) => {
  say(notice || (sample ? `MNIST test digit ${sample.index}; its writer meant a ${sample.label}.` : ""));
  find(".reader .name").textContent = answer.model.summary;
  emit("reading", { ...answer, source, image: unpack(answer.image) });
};

const nothing = (reason, wrong = false) => { say(reason, wrong); emit("nothing", { reason }); };

const say = (text, wrong = false) => {
  find(".message").textContent = text;
  find(".message").classList.toggle("wrong", wrong);
};

const useModel = (token) => {
  model = token;
  find(".back").hidden = model === props.shipped;
  version++;
  ask();
};

/* ---- the sheet ---- */
const put = (next) => { past.push(sheet); future = []; sheet = next; keep(); changed(); };

const keep = () => { try { sessionStorage.setItem(KEPT, JSON.stringify(sheet)); } catch { /* blocked or full */ } };

/* What a reload finds again; the page never opens with an empty sheet. */
const kept = () => {
  try {
    const { strokes, sample } = JSON.parse(sessionStorage.getItem(KEPT));
    return strokes.length || sample ? { strokes, sample } : null;
  } catch { return null; }
};

const step = (from, to) => {
  if (!from.length) return;
  to.push(sheet);
  sheet = from.pop();
  keep();
  changed();
};

const actions = {
  undo: () => step(past, future),
  redo: () => step(future, past),
  clear: () => { if (!blank()) put({ strokes: [], sample: null }); },
};

/* ---- drawing and erasing ---- */
const place = (event) => {
  const box = canvas.getBoundingClientRect();
  const unit = (value, size) => Math.round(Math.min(Math.max((value * SIDE) / size, 0), SIDE) * 10) / 10;
  return [unit(event.clientX - box.left, box.width), unit(event.clientY - box.top, box.height)];
};

const extend = (event) => {
  const [x, y] = place(event), last = stroke.at(-1);
  if (last && Math.hypot(x - last[0], y - last[1]) < FINEST) return;
  stroke.push([x, y, Math.round(event.timeStamp - origin), Math.round(event.pressure * 100) / 100]);
};

/* How far a point lies from the line between two others. */
const distance = (point, from, to) => {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const along = ((point[0] - from[0]) * x + (point[1] - from[1]) * y) / (x * x + y * y || 1);
  const at = Math.min(Math.max(along, 0), 1);
  return Math.hypot(point[0] - from[0] - at * x, point[1] - from[1] - at * y);
};

/* The strokes without what the eraser touched on its way; a stroke cut in the middle becomes two. */
const cut = (strokes, from, to) => strokes.flatMap((points) => {
  const outside = (point) => distance(point, from, to) > ERASER;
  const dense = densify(points);
  if (dense.every(outside)) return [points];
  const parts = [[]];
  for (const point of dense) outside(point) ? parts.at(-1).push(point) : parts.push([]);
  return parts.filter((part) => part.length > 1);
});

const densify = (points) => points.flatMap((point, index) => {
  const next = points[index + 1];
  if (!next) return [point];
  const count = Math.max(1, Math.ceil(Math.hypot(next[0] - point[0], next[1] - point[1]) / 2));
  return Array.from({ length: count }, (_, at) => point.map((value, axis) => value + ((next[axis] - value) * at) / count));
});

const erase = (event) => {
  const from = rubbed ?? place(event);
  rubbed = place(event);
  const strokes = cut(sheet.strokes, from, rubbed);
  if (strokes.length !== sheet.strokes.length || strokes.some((points, index) => points !== sheet.strokes[index])) {
    sheet = { strokes, sample: null };
    changed();
  }
};

canvas.addEventListener("pointerdown", (event) => {
  if (pointer !== null || !event.isPrimary || event.button > 0) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pointer = event.pointerId;
  before = sheet;
  rubbed = null;
  if (tool === "eraser") return erase(event);
  if (sheet.sample) sheet = { strokes: [], sample: null };
  const last = sheet.strokes.at(-1)?.at(-1);
  if (!last) origin = event.timeStamp;
  else if (event.timeStamp - origin < last[2]) origin = event.timeStamp - last[2] - 300;
  stroke = [];
  extend(event);
  changed();
});

canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const moves = event.getCoalescedEvents?.() ?? [];
  for (const move of moves.length ? moves : [event]) stroke ? extend(move) : erase(move);
  if (stroke) changed();
});

const lift = (event) => {
  if (event.pointerId !== pointer) return;
  pointer = null;
  const after = stroke ? { strokes: inked(), sample: null } : sheet;
  stroke = null;
  sheet = before;
  if (after !== before) put(after);
  else changed(); // what was read while the pointer was down was a glance
  hurry();
};
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, lift);

/* ---- what the sheet looks like ---- */
const trace = (target, points, scale, width) => {
  target.lineCap = target.lineJoin = "round";
  target.strokeStyle = "#fff";
  points.forEach((point, index) => {
    const from = points[Math.max(index - 1, 0)];
    target.lineWidth = width * scale * (0.6 + 0.8 * (point[3] || 0.5));
    target.beginPath();
    target.moveTo(from[0] * scale, from[1] * scale);
    target.lineTo(point[0] * scale + 0.01, point[1] * scale);
    target.stroke();
  });
};

const show = () => {
  const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)) || SIDE;
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  context.clearRect(0, 0, side, side);
  if (sheet.sample && !stroke) showSample(side);
  for (const points of inked()) trace(context, points, side / SIDE, PEN);
  find(".hint").hidden = !blank();
  buttons.undo.disabled = !past.length;
  buttons.redo.disabled = !future.length;
  buttons.clear.disabled = blank();
};

const showSample = (side) => {
  const small = document.createElement("canvas");
  paint(small, unpack(sheet.sample.image).data, 28);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, side, side);
};

new ResizeObserver(show).observe(canvas);

/* ---- tools, keys and the shelf ---- */
const choose = (name) => {
  tool = name;
  for (const button of element.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === name);
  canvas.style.cursor = name === "eraser" ? "cell" : "crosshair";
};
for (const button of element.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));
for (const [name, button] of Object.entries(buttons)) button.addEventListener("click", actions[name]);
find(".back").addEventListener("click", () => { useModel(props.shipped); trigger("shipped"); });

/* Undo and redo work anywhere in the pad; single keys on the sheet alone, so that they surprise nobody elsewhere. */
const KEYS = { e: () => choose("eraser"), p: () => choose("pen"), delete: actions.clear, backspace: actions.clear };
element.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
  const redo = key === "y" || (key === "z" && event.shiftKey);
  let act = null;
  if (command) act = redo ? actions.redo : key === "z" ? actions.undo : null;
  else if (!event.altKey && event.target === canvas) act = KEYS[key];
  if (act) { event.preventDefault(); act(); }
});

for (const example of props.examples) {
  const thumb = make("canvas", { width: 60, height: 60, "aria-hidden": "true" });
  for (const points of example.strokes) trace(thumb.getContext("2d"), points, 60 / SIDE, PEN);
  const button = make("button", { type: "button", "aria-label": `Example: a ${example.label}`, title: `A ${example.label}` }, thumb);
  button.addEventListener("click", () => put({ strokes: example.strokes, sample: null }));
  find(".shelf").append(button);
}

const random = make("button", { type: "button", class: "random", title: "A random digit of MNIST's test set" }, "Random MNIST digit");
random.addEventListener("click", async () => {
  try {
    const sample = await call(server.sample, {});
    if (pointer === null) put({ strokes: [], sample }); // whoever draws by now wants no other digit
  } catch { say("The server does not answer. Try again in a moment.", true); }
});
find(".shelf").append(random);

watch("value", () => { if (props.value?.model) useModel(props.value.model); });

sheet = kept() ?? { strokes: props.examples[0].strokes, sample: null };
if (props.value?.model) model = props.value.model;
find(".back").hidden = model === props.shipped;
changed();
