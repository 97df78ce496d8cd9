// @ts-check
/* Strokes -> the 28 x 28 image that MNIST's makers would have made, as vit/ink/strokes.py makes it, where the rules and
   the numbers are explained. */

/** @typedef {number[][]} Stroke points [x, y, ...] in units of the pad's sheet */
/** @typedef {{ x: number, y: number, along: [number, number], length: number }} Segment in pixels of the box */

const SIDE = 28; // pixels a side of the result
const BOX = 20; // longest side of the ink in pixels
const CENTRE = 14; // the pixel nearest to the centre of mass
const PEN_WIDTH = 2.6; // pixels
const PEN_SOFTNESS = 1.2; // pixels
const POINT = 1e-9; // pixels: a shorter segment counts as a point
const SMALLEST = 6; // units of the pad's sheet: a drawing that spans less is a dot
export const MAX_POINTS = 20_000;
export const ONLY_A_DOT = "There is only a dot: draw the digit larger.";

/* The soft edge is part of the 20 pixels, except its last half pixel: no pixel's centre lies there. */
const MARGIN = (PEN_WIDTH + PEN_SOFTNESS - 1) / 2;

/**
 * The segments between the points of all strokes, in pixels of the box; null for a dot.
 * @param {Stroke[]} strokes
 * @returns {Segment[] | null}
 */
const segmentsOf = (strokes) => {
  const points = strokes.flat(),
    [left, top] = [0, 1].map((axis) => points.reduce((least, point) => Math.min(least, point[axis]), Infinity)),
    [right, bottom] = [0, 1].map((axis) => points.reduce((most, point) => Math.max(most, point[axis]), -Infinity)),
    extent = Math.max(right - left, bottom - top);
  if (extent < SMALLEST) return null;
  const scale = (BOX - 2 * MARGIN) / extent;
  const place = (/** @type {number[]} */ [x, y]) => [MARGIN + (x - left) * scale, MARGIN + (y - top) * scale];
  return strokes.flatMap((stroke) => {
    const placed = stroke.map(place);
    // A stroke of one point becomes a segment of length zero: a dot.
    return placed.slice(placed.length > 1 ? 1 : 0).map((end, at) => segment(placed[at], end));
  });
};

/**
 * @param {number[]} start
 * @param {number[]} end
 * @returns {Segment}
 */
const segment = ([x, y], end) => {
  const [stepX, stepY] = [end[0] - x, end[1] - y],
    length = Math.hypot(stepX, stepY);
  // A segment of length zero has no direction; take any.
  return { x, y, along: length > POINT ? [stepX / length, stepY / length] : [1, 0], length };
};

/**
 * The squared distance of a point from the nearest segment.
 * @param {Segment[]} segments
 * @param {number} x
 * @param {number} y
 */
const squaredDistance = (segments, x, y) => {
  let nearest = Number.POSITIVE_INFINITY;
  for (const { x: startX, y: startY, along, length } of segments) {
    const passed = (x - startX) * along[0] + (y - startY) * along[1],
      beside = (y - startY) * along[0] - (x - startX) * along[1],
      beyond = passed - Math.min(Math.max(passed, 0), length);
    nearest = Math.min(nearest, beside * beside + beyond * beyond);
  }
  return nearest;
};

/**
 * The segments drawn with MNIST's pen: BOX x BOX values in [0, 1].
 * @param {Segment[]} segments
 */
const draw = (segments) =>
  Float64Array.from({ length: BOX * BOX }, (_, at) => {
    const distance = Math.sqrt(squaredDistance(segments, (at % BOX) + 0.5, Math.floor(at / BOX) + 0.5));
    return Math.min(Math.max(0.5 + (PEN_WIDTH / 2 - distance) / PEN_SOFTNESS, 0), 1);
  });

/**
 * Where ink with these sums along one axis goes: `first` and `last` pixel with ink, and the `shift` of the first.
 * @param {number[]} mass
 */
const placed = (mass) => {
  const first = mass.findIndex((value) => value > 0),
    last = mass.findLastIndex((value) => value > 0),
    total = mass.reduce((sum, value) => sum + value, 0),
    centre = mass.reduce((sum, value, at) => sum + value * (at - first), 0) / total;
  // For a symmetric drawing two shifts are equally good; the last term makes the choice robust to rounding.
  const shift = Math.floor(CENTRE - centre + 0.5 + 1e-6);
  return { first, last, shift: Math.min(Math.max(shift, 0), SIDE - (last - first + 1)) };
};

/**
 * The ink in 28 x 28 pixels, its centre of mass in the middle, shifted by whole pixels.
 * @param {Float64Array} box
 */
const centred = (box) => {
  const along = Array.from({ length: BOX }, (_, at) => at),
    columns = placed(along.map((x) => along.reduce((sum, y) => sum + box[y * BOX + x], 0))),
    rows = placed(along.map((y) => along.reduce((sum, x) => sum + box[y * BOX + x], 0)));
  const image = new Float32Array(SIDE * SIDE);
  for (let y = rows.first; y <= rows.last; y++)
    for (let x = columns.first; x <= columns.last; x++)
      image[(rows.shift + y - rows.first) * SIDE + columns.shift + x - columns.first] = box[y * BOX + x];
  return image;
};

/**
 * Whether strokes can be drawn: there is a point, there are not too many, and all have finite places.
 * @param {any} strokes
 * @returns {strokes is Stroke[]}
 */
export const areStrokes = (strokes) => {
  if (!Array.isArray(strokes) || !strokes.every(Array.isArray)) return false;
  const points = strokes.flat();
  if (!points.length || points.length > MAX_POINTS) return false;
  return points.every((point) => Number.isFinite(point?.[0]) && Number.isFinite(point[1]));
};

/**
 * The image of strokes: 28 x 28 values in [0, 1], white ink on black; null for a dot.
 * @param {Stroke[]} strokes
 */
export const imageOf = (strokes) => {
  const segments = segmentsOf(strokes);
  return segments && centred(draw(segments));
};
