// @ts-check
/* The path of the pen, as far as it is drawn. */

const MOST_POINTS = 3000; // of a drawn path; of more, some are left out

/**
 * The first `count` points of a stroke, the last of them in part; only one of `every` points.
 * @param {number[][]} points
 * @param {number} count
 * @param {number} every
 */
const beginningOf = (points, count, every) => {
  const whole = Math.min(points.length, Math.floor(count)),
    portion = count - whole,
    line = points
      .slice(0, whole)
      .filter((_, at) => at % every === 0 || at === whole - 1)
      .map(([x, y]) => [x, y]);
  if (whole && whole < points.length && portion > 0)
    line.push([0, 1].map((axis) => points[whole - 1][axis] * (1 - portion) + points[whole][axis] * portion));
  return line;
};

/**
 * The strokes up to `count` points, the last of them in part: the path's data for <path d>, and its tip.
 * @param {number[][][]} strokes
 * @param {number} count
 */
export const pathOf = (strokes, count) => {
  const every = 1 + Math.floor(strokes.reduce((sum, points) => sum + points.length, 0) / MOST_POINTS),
    drawn = [];
  let left = count,
    tip = null;
  for (const points of strokes) {
    if (left <= 0) break;
    const line = beginningOf(points, left, every);
    if (line.length) {
      drawn.push(`M${line.map((point) => point.join(" ")).join("L")}h0`);
      tip = line[line.length - 1];
    }
    left -= points.length;
  }
  return { d: drawn.join(""), tip };
};
