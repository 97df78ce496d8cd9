/* What a question to a view's server function is about, where the browser answers it: its image and its model. */
import { isPackedImage, unpack } from "../arrays.js";
import { oodScore, probsOf } from "../engine/calibration.js";
import { areStrokes, imageOf, ONLY_A_DOT } from "../engine/ink.js";
import { argmax } from "../numbers.js";

/* Bad input, in one sentence for the visitor. */
export class RefusedError extends Error {}

const NO_INK = "This picture has no ink.";
const NO_DRAWING = "Draw a digit first: there is no ink yet.";

/* The image (28 x 28) in [0, 1] of a payload: of its strokes, or of a picture or test digit that comes with it. */
export const imageIn = ({ strokes, picture, image = picture }) => {
  if (image) {
    const pixels = isPackedImage(image) ? unpack(image).data : new Float32Array();
    if (!pixels.some((value) => value > 0)) throw new RefusedError(NO_INK);
    return pixels;
  }
  if (!areStrokes(strokes)) throw new RefusedError(NO_DRAWING);
  const drawn = imageOf(strokes);
  if (!drawn) throw new RefusedError(ONLY_A_DOT);
  return drawn;
};

/* The prediction of a trace, as demo/models.py makes it. */
export const predictionOf = ({ model: { config }, calibration }, trace, image) => {
  const probs = [...probsOf(calibration, trace.logits)],
    score = oodScore(calibration, trace, image, config.pool);
  return { probs, digit: argmax(probs), in_distribution: score <= calibration.threshold };
};

/* A number for JSON with four decimals, null for NaN and infinity. */
export const finite = (value) => (Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : null);
