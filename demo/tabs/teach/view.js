/* What all parts of this view share; teach.PART.js go on in the same scope. */
const { on, doubtful, make, svg, percent, call, download, saves, paper, write } = window.inkling;
const find = (selector) => element.querySelector(selector);
const SIDE = 280; // units of the pad's sheet

/* A correction is { label, strokes }, its points [x, y]; `corrections` is never changed in place. `lessons` are the
   models that were taught: { model, start, before, read }: tokens, of the model itself, of the one that it began as,
   and of the one that read until then; and by a correction's key what it was read as before and after. */
let corrections = [], lessons = [];
let seen = null; // the page's last whole reading
let busy = false; // a lesson goes on

const article = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;
const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const named = (token) => {
  const shipped = props.models.find((model) => model.token === token);
  return shipped ? `the model with ${shipped.label}` : "your model";
};
const best = (probs) => probs.indexOf(Math.max(...probs));
const say = (text) => { find(".message").textContent = text; };

/* The lesson that the model which reads came from, if it was taught here. */
const lesson = () => lessons.find(({ model }) => model === seen?.source.model);
const start = () => lesson()?.start ?? seen.source.model;

/* A short name for a correction (FNV-1a over its points). */
const keyOf = ({ label, strokes }) => {
  let hash = 2166136261;
  for (const letter of JSON.stringify(strokes)) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return `${label}-${(hash >>> 0).toString(36)}`;
};
const sameDrawing = (one, other) => JSON.stringify(one.strokes) === JSON.stringify(other.strokes);

/* What is kept of a drawing: where the pen was, and neither when nor how hard it was pressed. */
const bare = (strokes) => strokes.map((stroke) => stroke.map(([x, y]) => [Math.round(10 * x) / 10, Math.round(10 * y) / 10]));

/* Draw strokes into a canvas, as large as they fit. */
const sketch = (canvas, strokes) => {
  const points = strokes.flat(), xs = points.map(([x]) => x), ys = points.map(([, y]) => y), side = canvas.width, brush = canvas.getContext("2d");
  const span = (values) => [values.reduce((low, value) => Math.min(low, value), Infinity), values.reduce((high, value) => Math.max(high, value), -Infinity)];
  const [[left, right], [top, bottom]] = [span(xs), span(ys)];
  const scale = Math.min((0.74 * side) / Math.max(right - left, bottom - top, 1), side / SIDE);
  const at = ([x, y]) => [side / 2 + (x - (left + right) / 2) * scale, side / 2 + (y - (top + bottom) / 2) * scale];
  brush.clearRect(0, 0, side, side);
  brush.lineCap = brush.lineJoin = "round";
  brush.lineWidth = side * 0.07;
  brush.strokeStyle = "#fff";
  for (const stroke of strokes) {
    brush.beginPath();
    brush.moveTo(...at(stroke[0]));
    for (const point of stroke) brush.lineTo(...at(point));
    brush.stroke();
  }
  return canvas;
};
