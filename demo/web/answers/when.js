/* The readings of a drawing's beginnings, as demo/tabs/when/server.py answers. */
import { imageOf } from "../engine/ink.js";
import { joined, pack } from "../engine/pack.js";
import { poolTokens } from "../engine/vit.js";
import { argmax } from "../numbers.js";
import { imageIn, predictionOf, RefusedError } from "./question.js";

const STEPS = 36; // parts of equal length that the pen's path is cut into
const MAX_STROKE_ENDS = 11; // read in addition
const MAX_POINTS = 1000; // of a part; of more points, some are left out
const NO_PATH = "This digit is a picture, so the path of its pen is not known. Draw one, or take an example.";

const rounded = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;
const range = (length) => Array.from({ length }, (_, at) => at);

/* The times of all points in milliseconds; null where one is missing, or they decrease. */
const timesOf = (points) => {
  const times = points.map((point) => point[2]);
  const rising = times.every((time, at) => Number.isFinite(time) && (!at || time >= times[at - 1]));
  return rising && times.at(-1) > times[0] ? times : null;
};

/* The path of a pen: its points, the stroke of each, and the share of the path that is drawn at each. The way from
   stroke to stroke does not count; if there are only dots, each counts the same. */
export const pathOf = (strokes) => {
  const points = strokes.flat(),
    stroke = strokes.flatMap((each, at) => each.map(() => at)),
    lengths = [];
  let length = 0;
  for (const [at, [x, y]] of points.entries()) {
    if (at && stroke[at] === stroke[at - 1]) length += Math.hypot(x - points[at - 1][0], y - points[at - 1][1]);
    lengths.push(length);
  }
  const share = length ? lengths.map((each) => each / length) : points.map((_, at) => at / (points.length - 1 || 1));
  return { points, stroke, share, times: timesOf(points) };
};

/* Rising cuts, each a number of points, the last of them in part: even ones and strokes' ends; at last the whole. */
export const cutsOf = ({ points, stroke, share }) => {
  const ends = range(points.length - 1)
      .map((at) => at + 1)
      .filter((at) => stroke[at] !== stroke[at - 1]),
    count = Math.min(MAX_STROKE_ENDS, ends.length),
    chosen = range(count).map((at) => ends[Math.round((at * (ends.length - 1)) / (count - 1 || 1))]);
  const even = range(STEPS - 1).flatMap((at) => {
    const mark = (at + 1) / STEPS,
      after = share.findIndex((each) => each >= mark);
    if (stroke[after] !== stroke[after - 1]) return [];
    return [after + (mark - share[after - 1]) / (share[after] - share[after - 1])];
  });
  return [...new Set([...even, ...chosen, points.length])].sort((one, other) => one - other);
};

/* The strokes up to a cut; at most about MAX_POINTS points. */
const beginningOf = ({ points, stroke }, cut) => {
  const count = Math.floor(cut),
    part = cut % 1,
    first = points.slice(0, count).map((point, at) => ({ point, stroke: stroke[at] }));
  if (part) {
    const [[x, y], [toX, toY]] = [points[count - 1], points[count]];
    first.push({ point: [x + part * (toX - x), y + part * (toY - y)], stroke: stroke[count - 1] });
  }
  const every = 1 + Math.floor(first.length / MAX_POINTS),
    kept = first.filter((_, at) => at % every === 0 || at === first.length - 1);
  const strokes = new Map(kept.map((each) => [each.stroke, []]));
  for (const { point, stroke: at } of kept) strokes.get(at).push(point);
  return [...strokes.values()];
};

/* The value of the points at a cut, linearly interpolated. */
const interpolated = (values, cut) => {
  const at = Math.min(Math.max(cut - 1, 0), values.length - 1),
    below = Math.floor(at),
    above = Math.min(below + 1, values.length - 1);
  return values[below] + (at - below) * (values[above] - values[below]);
};

const settledOf = (digits) => digits.findLastIndex((digit, at) => at > 0 && digit !== digits[at - 1]);

export const parts = async (payload, { loaded, breathe }) => {
  const whole = imageIn(payload);
  if (!payload.strokes) throw new RefusedError(NO_PATH);
  const path = pathOf(payload.strokes);
  const beginnings = cutsOf(path)
    .slice(0, -1)
    .map((cut) => ({ cut, image: imageOf(beginningOf(path, cut)) }))
    .filter(({ image }) => image); // a dot has nothing to read yet
  const read = [];
  for (const { cut, image } of [...beginnings, { cut: path.points.length, image: whole }]) {
    const trace = loaded.model.trace(image),
      heads = trace.attention.at(-1).map((weights) => poolTokens(weights, loaded.model.config.pool));
    const attention = heads[0].map((_, at) => heads.reduce((sum, head) => sum + head[at], 0) / heads.length);
    read.push({ cut, image, attention, ...predictionOf(loaded, trace, image) });
    await breathe();
  }
  const digits = read.map(({ probs }) => argmax(probs)),
    { times } = path;
  return {
    images: pack(joined(read.map(({ image }) => image)), [read.length, 28, 28], "u8"),
    attention: pack(joined(read.map(({ attention }) => attention)), [read.length, read[0].attention.length], "u16"),
    probs: read.map(({ probs }) => probs.map((share) => rounded(share, 6))),
    digit: digits,
    in_distribution: read.map((each) => each.in_distribution),
    settled: Math.max(settledOf(digits), 0),
    at: read.map(({ cut }) => rounded(cut, 4)),
    share: read.map(({ cut }) => rounded(interpolated(path.share, cut), 6)),
    time: times && read.map(({ cut }) => Math.round(interpolated(times, cut) - times[0])),
  };
};
