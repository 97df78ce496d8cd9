// @ts-check
/* Strokes as plain data. A point is [x, y, milliseconds, pressure]; x and y are in units of the sheet, which do not
   depend on its size on the screen. */

/** @typedef {number[]} Point */
/** @typedef {Point[]} Stroke */

export const SIDE = 280; // units of the sheet's side
const ERASER = 12; // the eraser's reach in units
const FINEST = 1; // units between two recorded points
const STEP = 2; // units between two points of a dense stroke
const BREAK = 300; // milliseconds between two strokes where the true time is not known

/**
 * Whether `point` lies far enough from the end of `stroke` to be recorded.
 * @param {Stroke} stroke
 * @param {Point} point
 */
export const isNewPoint = (stroke, point) => {
  const last = stroke.at(-1);
  return !last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= FINEST;
};

/**
 * The moment that counts as 0 ms, so that the next stroke begins after the last point of `strokes`.
 * @param {Stroke[]} strokes
 * @param {number} now milliseconds
 * @param {number} origin the moment that counted as 0 ms so far
 */
export const timeOrigin = (strokes, now, origin) => {
  const last = strokes.at(-1)?.at(-1);
  if (!last) return now;
  return now - origin < last[2] ? now - last[2] - BREAK : origin;
};

/**
 * The distance of a point from the line between two others.
 * @param {Point} point
 * @param {Point} from
 * @param {Point} to
 */
export const distance = (point, from, to) => {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const along = ((point[0] - from[0]) * x + (point[1] - from[1]) * y) / (x * x + y * y || 1);
  const at = Math.min(Math.max(along, 0), 1);
  return Math.hypot(point[0] - from[0] - at * x, point[1] - from[1] - at * y);
};

/**
 * The stroke with points between its points, at most STEP units apart.
 * @param {Stroke} points
 * @returns {Stroke}
 */
export const densify = (points) =>
  points.flatMap((point, index) => {
    const next = points[index + 1];
    if (!next) return [point];
    const count = Math.max(1, Math.ceil(Math.hypot(next[0] - point[0], next[1] - point[1]) / STEP));
    return Array.from({ length: count }, (_, at) =>
      point.map((value, axis) => value + ((next[axis] - value) * at) / count),
    );
  });

/**
 * The strokes without what the eraser touches between two points; a stroke that is cut in the middle becomes two.
 * `strokes` itself comes back if nothing is touched.
 * @param {Stroke[]} strokes
 * @param {Point} from
 * @param {Point} to
 */
export const erased = (strokes, from, to) => {
  const outside = (/** @type {Point} */ point) => distance(point, from, to) > ERASER;
  let touched = false;
  const left = strokes.flatMap((points) => {
    const dense = densify(points);
    if (dense.every(outside)) return [points];
    touched = true;
    return split(dense, outside).filter((part) => part.length > 1);
  });
  return touched ? left : strokes;
};

/**
 * The runs of points for which `stays` is true.
 * @param {Stroke} points
 * @param {(point: Point) => boolean} stays
 */
const split = (points, stays) => {
  /** @type {Stroke[]} */
  const parts = [[]];
  for (const point of points) stays(point) ? parts[parts.length - 1].push(point) : parts.push([]);
  return parts;
};
