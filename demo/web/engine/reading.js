// @ts-check
/* A model's reading of an image, in the form of demo/shared_column/reading.py: no view can tell who answered. */
import { isPackedImage, unpack } from "../arrays.js";
import { argmax, largest } from "../numbers.js";
import { oodScore, probsOf } from "./calibration.js";
import { areStrokes, imageOf, ONLY_A_DOT } from "./ink.js";
import { rowOf } from "./matrix.js";
import { joined, pack } from "./pack.js";
import { poolTokens } from "./vit.js";

/** @typedef {import("./checkpoint.js").Loaded} Loaded */
/** @typedef {import("./vit.js").Trace} Trace */
/** @typedef {import("./matrix.js").Matrix} Matrix */

const FIRST = 24; // numbers of each patch embedding that a glance has
const DIGITS = 1e6; // probabilities have six decimals

/** @param {number} share */
const rounded = (share) => Math.round(share * DIGITS) / DIGITS;

/**
 * @param {Matrix} one
 * @param {Matrix} other
 */
const difference = (one, other) => one.data.map((value, at) => value - other.data[at]);

/**
 * The image, the cls rows of the attention (L, h, N) and the prediction.
 * @param {Loaded} loaded
 * @param {Trace} trace
 * @param {Float32Array} image
 */
const packGlance = ({ model: { config }, calibration }, trace, image) => {
  const probs = probsOf(calibration, trace.logits),
    score = oodScore(calibration, trace, image, config.pool),
    { depth, num_heads: heads } = config;
  const rows = trace.attention.flat().map((weights) => rowOf(weights, 0));
  return {
    image: pack(image, [config.image_size, config.image_size], "u8"),
    probs: [...probs].map(rounded),
    digit: argmax(probs),
    ood_score: rounded(score),
    in_distribution: score <= calibration.threshold,
    cls: pack(joined(rows), [depth, heads, trace.embedded.rows], "u16"),
  };
};

/**
 * What the head reads before the first layer and after each (`lens`); with mean pooling, where the patches look on
 * average (`looks`); and the first numbers of each patch embedding.
 * @param {Loaded} loaded
 * @param {Trace} trace
 */
const packWay = ({ model, calibration }, { attention, tokens, embedded }) => {
  const { depth, num_heads: heads, num_classes: classes, pool } = model.config,
    states = [embedded, ...tokens].map((each) => probsOf(calibration, model.classify(each))),
    looks = attention.flat().map((weights) => poolTokens(weights, pool));
  return {
    ...(pool === "mean" && { looks: pack(joined(looks), [depth, heads, embedded.rows], "u16") }),
    lens: pack(joined(states), [depth + 1, classes], "u16"),
    ...packNumbers(embedded, model.pos_embed),
  };
};

/**
 * @param {Matrix} embedded
 * @param {Matrix} positions
 */
const packNumbers = (embedded, positions) => {
  const { rows, columns } = embedded,
    count = Math.min(FIRST, columns),
    all = difference(embedded, positions);
  const numbers = joined(Array.from({ length: rows }, (_, row) => all.subarray(row * columns, row * columns + count)));
  const scale = Math.max(largest(numbers), 1e-6);
  return {
    first_numbers: pack(
      numbers.map((value) => 0.5 + value / (2 * scale)),
      [rows, count],
      "u8",
    ),
    number_scale: rounded(scale),
  };
};

/**
 * The attention of all tokens (L, h, N, N), and the embeddings that add up to the first tokens.
 * @param {Loaded} loaded
 * @param {Trace} trace
 */
const packTokens = ({ model }, { attention, embedded }) => {
  const { depth, num_heads: heads } = model.config,
    shape = [embedded.rows, embedded.columns];
  return {
    attention: pack(joined(attention.flat().map(({ data }) => data)), [depth, heads, shape[0], shape[0]], "u16"),
    patch_embed: pack(difference(embedded, model.pos_embed), shape, "f32"),
    pos_embed: pack(model.pos_embed.data, shape, "f32"),
  };
};

/**
 * The reading of an image (28 x 28) in [0, 1]: the `whole` one, or a glance.
 * @param {Loaded} loaded
 * @param {Float32Array} image
 * @param {boolean} whole
 */
export const readingOf = (loaded, image, whole) => {
  const trace = loaded.model.trace(image);
  return {
    ...packGlance(loaded, trace, image),
    ...packWay(loaded, trace),
    ...(whole && packTokens(loaded, trace)),
    whole,
    model: loaded.description,
  };
};

/**
 * What the server would answer; null where only the server knows what to say.
 * @param {Loaded} loaded
 * @param {{ strokes?: any, picture?: any, image?: any, whole: boolean }} asked as the server is asked, except that a
 *   test digit comes with its `image`
 */
export const answer = (loaded, { strokes, picture, image = picture, whole }) => {
  if (image) {
    const pixels = isPackedImage(image) ? unpack(image).data : new Float32Array();
    return pixels.some((value) => value > 0) ? readingOf(loaded, pixels, whole) : null;
  }
  if (!areStrokes(strokes)) return null;
  const drawn = imageOf(strokes);
  return drawn ? readingOf(loaded, drawn, whole) : { error: ONLY_A_DOT };
};
