// @ts-check
/* Gradients of a model with norms before each part and a cls token, as the shipped ones are: a backward pass for this
   one architecture, and the maps that need it, as vit/explain/gradient.py and vit/explain/relevance.py define them. */
import { forward } from "./block.js";
import { logOdds } from "./masking.js";
import { add, gelu, multiply, newMatrix, rowOf } from "./matrix.js";
import { columnsOf, transposed } from "./vit.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./matrix.js").Norm} Norm */
/** @typedef {import("./vit.js").Model} Model */
/** @typedef {import("./vit.js").Block} Block */
/** @typedef {import("./block.js").Kept} Kept */

const EPSILON = 1e-5; // PyTorch's, in LayerNorm
const STEPS = 32; // points of the integral, as in Python

/** @param {Matrix} one @param {(value: number, at: number) => number} change */
const mapped = ({ rows, columns, data }, change) => newMatrix(rows, columns, data.map(change));

/**
 * The gradient of the input of a linear layer, from that of its output.
 * @param {Matrix} gradient
 * @param {Matrix} weight
 */
const throughLinear = (gradient, weight) => multiply(gradient, transposed(weight));

/**
 * The gradient of the input of LayerNorm, from that of its output.
 * @param {Matrix} input
 * @param {Norm} norm
 * @param {Matrix} gradient
 */
const throughNorm = (input, { weight }, gradient) => {
  const out = newMatrix(input.rows, input.columns),
    count = input.columns;
  for (let row = 0; row < input.rows; row++) {
    const [values, given, result] = [input, gradient, out].map((each) => rowOf(each, row));
    let mean = 0,
      variance = 0,
      sum = 0,
      along = 0;
    for (const value of values) mean += value / count;
    for (const value of values) variance += (value - mean) ** 2 / count;
    const scale = 1 / Math.sqrt(variance + EPSILON);
    for (let at = 0; at < count; at++) {
      sum += (given[at] * weight[at]) / count;
      along += (given[at] * weight[at] * (values[at] - mean) * scale) / count;
    }
    for (let at = 0; at < count; at++)
      result[at] = scale * (given[at] * weight[at] - sum - (values[at] - mean) * scale * along);
  }
  return out;
};

/** @param {number} x */
const geluSlope = (x) => (x ? gelu(x) / x : 0.5) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
/** @param {number} x */
const reluSlope = (x) => Number(x > 0);

/**
 * The gradients of the scores q·k before the softmax, scaled, from those of the weights after it.
 * @param {Matrix} weights
 * @param {Matrix} gradient
 * @param {number} scale
 */
const throughSoftmax = (weights, gradient, scale) => {
  const out = newMatrix(weights.rows, weights.columns);
  for (let row = 0; row < weights.rows; row++) {
    const [shares, given, result] = [weights, gradient, out].map((each) => rowOf(each, row));
    let sum = 0;
    for (let at = 0; at < shares.length; at++) sum += shares[at] * given[at];
    for (let at = 0; at < shares.length; at++) result[at] = scale * shares[at] * (given[at] - sum);
  }
  return out;
};

/**
 * The gradient of a block's input, from that of its output; and those of its attention weights, (N, N) each.
 * @param {Kept} kept
 * @param {Block} block
 * @param {Matrix} gradient
 * @param {(x: number) => number} slope
 */
const backward = ({ input, sum, heads, hidden }, block, gradient, slope) => {
  const activated = throughLinear(gradient, block.fc2.weight),
    mlp = mapped(activated, (value, at) => value * slope(hidden.data[at])),
    summed = add(gradient, throughNorm(sum, block.norm2, throughLinear(mlp, block.fc1.weight))),
    mixed = throughLinear(summed, block.proj.weight),
    size = heads[0].q.columns,
    width = input.columns,
    all = newMatrix(input.rows, 3 * width);
  const attention = heads.map(({ q, k, v, weights }, head) => {
    const given = columnsOf(mixed, head * size, size),
      slopes = multiply(given, v),
      scores = throughSoftmax(weights, slopes, size ** -0.5);
    const parts = [
      multiply(scores, transposed(k)),
      multiply(transposed(scores), transposed(q)),
      multiply(transposed(weights), transposed(given)),
    ];
    for (const [part, { data }] of parts.entries())
      for (let row = 0; row < all.rows; row++)
        rowOf(all, row).set(data.subarray(row * size, (row + 1) * size), part * width + head * size);
    return slopes;
  });
  return {
    input: add(summed, throughNorm(input, block.norm1, throughLinear(all, block.qkv.weight))),
    attention,
  };
};

/**
 * Run tokens (N, D) forward and back: their gradient, and the attention of each layer and head with its gradients.
 * @param {Model} model
 * @param {Matrix} embedded
 * @param {(logits: Float32Array) => Float32Array} slopesOf the gradient of the logits
 */
export const gradientsOf = ({ config, parts, classify }, embedded, slopesOf) => {
  if (config.norm !== "pre" || config.pool !== "cls" || !parts.norm)
    throw new Error("Gradients are known here only of models with norms first and a cls token.");
  const slope = config.act === "gelu" ? geluSlope : reluSlope;
  let tokens = embedded;
  const layers = parts.blocks.map((block) => {
    const layer = forward(tokens, block, config);
    tokens = layer.tokens;
    return layer.kept;
  });
  const slopes = slopesOf(classify(tokens)),
    read = throughLinear(newMatrix(1, slopes.length, slopes), parts.head.weight),
    first = newMatrix(1, tokens.columns, rowOf(tokens, 0));
  let gradient = newMatrix(tokens.rows, tokens.columns);
  gradient.data.set(throughNorm(first, parts.norm, read).data);
  const attention = layers.map(({ heads }) => heads.map(({ weights }) => weights)),
    attentionSlopes = [];
  for (let at = layers.length - 1; at >= 0; at--) {
    const back = backward(layers[at], parts.blocks[at], gradient, slope);
    gradient = back.input;
    attentionSlopes.unshift(back.attention);
  }
  return { gradient, attention, attentionSlopes };
};

/**
 * The gradient of the target's log-odds for the logits.
 * @param {number} target
 */
const ofLogOdds = (target) => (/** @type {Float32Array} */ logits) => {
  const rest = logits[target] - logOdds(logits, target); // log of the sum of the others
  return logits.map((logit, at) => (at === target ? 1 : -Math.exp(logit - rest)));
};

/**
 * The mean gradient at these shares of the path from a blank image, times the path, summed by patch (G * G), in nats.
 * @param {Model} model
 * @param {Float32Array} image
 * @param {number} target
 * @param {number[]} shares
 * @param {() => Promise<void>} breathe
 */
const pathGradients = async (model, image, target, shares, breathe) => {
  const drawn = model.embed(image),
    blank = model.embed(new Float32Array(image.length)),
    path = mapped(drawn, (value, at) => value - blank.data[at]),
    values = new Float32Array(drawn.rows - 1);
  for (const share of shares) {
    const point = mapped(blank, (value, at) => value + share * path.data[at]),
      { gradient } = gradientsOf(model, point, ofLogOdds(target));
    for (let patch = 0; patch < values.length; patch++) {
      const [slope, step] = [gradient, path].map((each) => rowOf(each, patch + 1));
      for (let at = 0; at < step.length; at++) values[patch] += (slope[at] * step[at]) / shares.length;
    }
    await breathe();
  }
  return values;
};

/** @typedef {() => Promise<void>} Breathe */
/** @typedef {(model: Model, image: Float32Array, target: number, breathe: Breathe) => Promise<Float32Array>} Map */

/** Input x gradient. @type {Map} */
export const gradientMap = (model, image, target, breathe) => pathGradients(model, image, target, [1], breathe);

/** Integrated gradients. @type {Map} */
export const integratedGradients = (model, image, target, breathe) =>
  pathGradients(
    model,
    image,
    target,
    Array.from({ length: STEPS }, (_, at) => (at + 0.5) / STEPS),
    breathe,
  );

/**
 * Attention weighted by its gradient for one class.
 * @param {Model} model
 * @param {Float32Array} image
 * @param {number} target
 */
export const relevanceMap = (model, image, target) => {
  const { attention, attentionSlopes } = gradientsOf(model, model.embed(image), (logits) =>
    logits.map((_, at) => Number(at === target)),
  );
  const size = attention[0][0].rows;
  let total = newMatrix(size, size);
  for (let at = 0; at < size; at++) total.data[at * size + at] = 1;
  for (const [layer, heads] of attention.entries()) {
    const helpful = newMatrix(size, size);
    for (const [head, { data }] of heads.entries())
      for (let at = 0; at < data.length; at++)
        helpful.data[at] += Math.max(data[at] * attentionSlopes[layer][head].data[at], 0) / heads.length;
    total = add(total, multiply(helpful, transposed(total)));
  }
  return rowOf(total, 0).slice(1);
};
