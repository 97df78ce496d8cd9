const { MEAN, on, chosen, choose, make, svg, unpack, place, diverging, percent, buildMap, colourCells, call, rove, onceAFrame, saves, paper } = window.inkling;
const find = (selector) => element.querySelector(selector);
const all = (selector) => element.querySelectorAll(selector);
const ROWS = 60;            // tokens in the tables at most; the others, with the smallest weights, share one row
const LEGIBLE = 18;         // pixels, below which a cell has its colour and no number
const ROOMY = 25;           // pixels, below which the number is small
const BLOCK = 8;            // features side by side that the line breaks do not part
const MOST = 0.55;          // of a colour at most, so that the number can be read on it

let seen = null, numbers = null;    // the reading, and what all its heads calculate with
let now = null;                     // the calculation in sight
let pointed = null, pinned = null, feature = null; // the key under the pointer, the one clicked, and the feature
let version = 0, stale = true, drawn = "";

/* ---- the calculation ---- */
const head = () => (chosen().head === MEAN ? 0 : chosen().head);
const query = () => chosen().token ?? 0;

/* Queries, keys and values as the server packs them: fixed point from the `low` to the `high` of each table. */
const restored = ({ qkv, low, high }) => {
  const { shape, data } = unpack(qkv), lows = unpack(low).data, highs = unpack(high).data, size = shape[3] * shape[4];
  for (let at = 0; at < lows.length; at++)
    for (let index = at * size; index < (at + 1) * size; index++) data[index] = lows[at] + data[index] * (highs[at] - lows[at]);
  return { shape, data };
};

/* The N rows of d numbers of one part, 0 for queries, 1 for keys, 2 for values. */
const rowsOf = ({ shape: [, , heads, tokens, width], data }, part) => {
  const start = ((chosen().layer * 3 + part) * heads + head()) * tokens * width;
  return Array.from({ length: tokens }, (_, token) => data.subarray(start + token * width, start + (token + 1) * width));
};

const dot = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);

const softmax = (scores) => {
  const most = Math.max(...scores), powers = scores.map((score) => Math.exp(score - most)), total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
};

const calculated = () => {
  const [queries, keys, values] = [0, 1, 2].map((part) => rowsOf(numbers, part)), q = queries[query()], root = Math.sqrt(q.length);
  const dots = keys.map((key) => dot(q, key)), shares = softmax(dots.map((score) => score / root));
  const order = [...shares.keys()].sort((one, other) => shares[other] - shares[one]), rest = order.slice(ROWS);
  return { q, keys, values, root, dots, shares, order: order.slice(0, ROWS), rest, output: mixed(order, shares, values) };
};

/* The sum of the tokens' values, each times its share. */
const mixed = (tokens, shares, values) => Array.from(values[0], (_, at) => tokens.reduce((sum, token) => sum + shares[token] * values[token][at], 0));

const key = () => pointed ?? pinned ?? now.order[0];

/* ---- how numbers and tokens are told ---- */
const minus = (text) => text.replace("-", "−");
const fixed = (value, digits) => minus(value.toFixed(digits)).replace(/^−(0\.?0*)$/, "$1");
const coarse = (value) => fixed(value, Math.abs(value) < 9.95 ? 1 : 0);
const compact = (value) => (Math.abs(value) < 0.05 ? "0" : value.toFixed(Math.abs(value) < 9.95 ? 1 : 0).replace("0.", "."));
const part = (share) => (share < 0.0005 ? "less than 0.1 %" : percent(share));
const rootOf = (width, digits = 2) => fixed(Math.sqrt(width), Number.isInteger(Math.sqrt(width)) ? 0 : digits);
const tokenName = (token) => (token ? `patch ${token}` : "cls");
const whole = (token) => (token ? `patch ${token} (${place(token, seen.model.grid_size)})` : "cls");

/* More than zero in the part's own colour, less in grey; the number has its sign as well. */
const INKS = { q: [47, 125, 225], k: [224, 64, 90], v: [30, 158, 90], less: [100, 116, 139] };
const heat = (part, value, scale) => `rgb(${INKS[value < 0 ? "less" : part].join(" ")} / ${(MOST * Math.min(Math.abs(value) / scale, 1)).toFixed(3)})`;
const largest = (rows) => rows.reduce((most, row) => row.reduce((found, value) => Math.max(found, Math.abs(value)), most), 1e-9);

const fill = (cells, part, values, scale, name, text = compact) => {
  for (const [at, cell] of [...cells].entries()) {
    cell.style.background = heat(part, values[at], scale);
    cell.textContent = text(values[at]);
    cell.title = `${part}, number ${at + 1} of ${name}: ${fixed(values[at], 4)}`;
  }
};
