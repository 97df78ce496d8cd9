/* Continues pad.js: the pen and the eraser, and what the sheet looks like. */

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
  if (sheet.sample || sheet.example) sheet = { strokes: [], sample: null };
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
