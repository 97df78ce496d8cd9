// @ts-check
/* Strokes with fewer points. */
import { distance } from "../shared_column/pad/strokes.js";

/** @typedef {import("../shared_column/pad/strokes.js").Stroke} Stroke */
/** @typedef {import("../shared_column/pad/strokes.js").Point} Point */

/**
 * By how many milliseconds a point's time differs from that of a pen which goes straight from `from` to `to`.
 * @param {Point} point
 * @param {Point} from
 * @param {Point} to
 */
const delay = (point, from, to) => {
  const before = Math.hypot(point[0] - from[0], point[1] - from[1]),
    after = Math.hypot(to[0] - point[0], to[1] - point[1]);
  return Math.abs(point[2] - from[2] - ((to[2] - from[2]) * before) / (before + after || 1));
};

/**
 * The stroke without the points that a straight line from point to point hardly misses (Ramer-Douglas-Peucker): each
 * of them lies at most `units` from its line, and is passed at most `milliseconds` too early or too late.
 * @param {Stroke} points
 * @param {number} units
 * @param {number} milliseconds
 * @returns {Stroke}
 */
export const thin = (points, units, milliseconds) => {
  const stays = new Set([0, points.length - 1]),
    spans = [[0, points.length - 1]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [first, last] = span;
    let farthest = 1,
      between = 0;
    for (let at = first + 1; at < last; at++) {
      const [from, point, to] = [points[first], points[at], points[last]];
      const late = point.length > 2 ? delay(point, from, to) / milliseconds : 0;
      const error = Math.max(distance(point, from, to) / units, late);
      if (error > farthest) [farthest, between] = [error, at];
    }
    if (!between) continue;
    stays.add(between);
    spans.push([first, between], [between, last]);
  }
  return points.filter((_, at) => stays.has(at));
};

/**
 * The longest side of the box around all points, in units.
 * @param {Stroke[]} strokes
 */
export const extent = (strokes) => {
  const side = (/** @type {number} */ axis) => {
    const values = strokes.flat().map((point) => point[axis]);
    return values.length ? values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) : 0;
  };
  return Math.max(side(0), side(1));
};
