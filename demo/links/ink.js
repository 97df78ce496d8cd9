// @ts-check
/* A drawing as text. Points become whole steps of a grid that is fine enough for the drawing's size, each point the
   difference to the one before; a stroke has one pressure, which changes only how wide it looks on the sheet. */
import { SIDE } from "../shared_column/pad/strokes.js";
import { bytesIn, DamagedError, newReader, newWriter, textOf } from "./bytes.js";
import { extent, thin } from "./thin.js";

/** @typedef {import("../shared_column/pad/strokes.js").Stroke} Stroke */

const FINE = 600; // grid steps along the drawing's longest side, which is 20 pixels for the model
const TENTHS = 10; // the pad records tenths of a unit
const TICK = 10; // milliseconds
const MOST_POINTS = 20000; // as many as the server reads
const TIMED = 1; // a flag: points have times

/* The first try leaves out what nobody sees; each next one is coarser. Of the drawing's longest side, where 0.05 is one
   of the model's pixels. */
const TOLERANCES = [0.0025, 0.0035, 0.005, 0.007, 0.01, 0.014, 0.02];
const DELAY = 12000; // milliseconds for each tolerance: 30 at the finest

/**
 * Strokes as text.
 * @param {Stroke[]} strokes
 */
export const inkText = (strokes) => {
  const drawn = strokes.filter((points) => points.length),
    step = Math.max(1, Math.ceil((extent(drawn) * TENTHS) / FINE)),
    timed = drawn.every((points) => points.every(([, , time]) => Number.isFinite(time)));
  const { bytes, unsigned, signed } = newWriter();
  for (const value of [timed ? TIMED : 0, step, drawn.length]) unsigned(value);
  let [x, y, time] = [0, 0, 0];
  for (const points of drawn) {
    unsigned(points.length);
    unsigned(Math.round(100 * meanPressure(points)));
    for (const point of points) {
      const next = [point[0], point[1]].map((value) => Math.round((value * TENTHS) / step));
      signed(next[0] - x);
      signed(next[1] - y);
      const tick = timed ? Math.round(point[2] / TICK) : 0;
      if (timed) signed(tick - time);
      [x, y, time] = [next[0], next[1], tick];
    }
  }
  return textOf(bytes);
};

/** @param {Stroke} points */
const meanPressure = (points) => {
  const sum = points.reduce((total, [, , , pressure]) => total + (pressure || 0.5), 0);
  return Math.min(sum / points.length, 1);
};

/**
 * The strokes of a text.
 * @param {string} text
 * @returns {Stroke[]}
 */
export const strokesIn = (text) => {
  const { unsigned, signed, ended } = newReader(bytesIn(text)),
    timed = unsigned() === TIMED,
    step = unsigned() / TENTHS;
  let [x, y, time, left] = [0, 0, 0, MOST_POINTS];
  const point = () => {
    x += signed();
    y += signed();
    if (timed) time += signed();
    const place = [x, y].map((value) => Math.round(value * step * TENTHS) / TENTHS);
    if (place.some((value) => value < 0 || value > SIDE + step)) throw new DamagedError("a point lies off the sheet");
    return place.map((value) => Math.min(value, SIDE));
  };
  const strokes = list(unsigned(), () => {
    const count = unsigned(),
      pressure = unsigned() / 100;
    left -= count;
    if (left < 0 || count === 0) throw new DamagedError("no drawing has that many points");
    return list(count, () => [...point(), ...(timed ? [time * TICK, pressure] : [])]);
  });
  if (!ended() || !strokes.length) throw new DamagedError("the drawing does not end where its text does");
  return strokes;
};

/**
 * @template T
 * @param {number} length
 * @param {() => T} next
 * @returns {T[]}
 */
const list = (length, next) => {
  const items = [];
  while (items.length < length) items.push(next());
  return items;
};

/**
 * Strokes as text of at most `most` characters, with as many of their points as fit; null if even a coarse drawing
 * does not fit.
 * @param {Stroke[]} strokes
 * @param {number} most
 */
export const thinnedInk = (strokes, most) => {
  const size = extent(strokes) || 1;
  for (const tolerance of TOLERANCES) {
    const text = inkText(strokes.map((points) => thin(points, tolerance * size, tolerance * DELAY)));
    if (text.length <= most) return text;
  }
  return null;
};
