// @ts-check
/* Activation patching, as vit/analysis/activation_patching.py does it: copy a part of one run into another, and see how
   far the answer moves. Runs of the receiver begin where the copied part is. */
import { argmax } from "../numbers.js";
import { forward, throughMlp } from "./block.js";
import { add, linear, newMatrix, rowOf } from "./matrix.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./vit.js").Model} Model */
/** @typedef {{ logits: Float32Array, kept: import("./block.js").Kept[], tokens: Matrix[] }} Recording */

/**
 * Run a model on an image and record its parts; `tokens` are embedded, and after each block.
 * @param {Model} model
 * @param {Float32Array} image
 * @returns {Recording}
 */
const record = ({ config, parts, embed, classify }, image) => {
  const tokens = [embed(image)];
  const kept = parts.blocks.map((block, layer) => {
    const run = forward(tokens[layer], block, config);
    tokens.push(run.tokens);
    return run.kept;
  });
  return { logits: classify(tokens[tokens.length - 1]), kept, tokens };
};

/** @param {Matrix} matrix */
const copy = ({ rows, columns, data }) => newMatrix(rows, columns, data.slice());

/**
 * The receiver's heads with one of the source.
 * @param {Matrix} own
 * @param {Matrix} other
 * @param {number} head
 * @param {number} size features of a head
 */
const withHead = (own, other, head, size) => {
  const mixed = copy(own);
  for (let row = 0; row < mixed.rows; row++)
    rowOf(mixed, row).set(rowOf(other, row).subarray(head * size, (head + 1) * size), head * size);
  return mixed;
};

/**
 * The receiver's tokens with one of the source.
 * @param {Matrix} own
 * @param {Matrix} other
 * @param {number} token
 */
const withToken = (own, other, token) => {
  const tokens = copy(own);
  rowOf(tokens, token).set(rowOf(other, token));
  return tokens;
};

/**
 * One run for each part, each head, MLP, layer and token, in this order: the logits where it comes from the source.
 * @param {Model} model
 * @param {Recording} source
 * @param {Recording} receiver
 * @returns {(() => Float32Array)[]}
 */
const runsOf = ({ config, parts, logits }, source, receiver) => {
  const size = config.embed_dim / config.num_heads,
    count = (/** @type {number} */ length) => Array.from({ length }, (_, at) => at);
  /* The block goes on after its attention; `mlp`, if given, stands for what its MLP adds. */
  const after = (/** @type {number} */ layer, /** @type {Matrix} */ mixed, /** @type {Matrix | null} */ mlp = null) => {
    const block = parts.blocks[layer],
      sum = add(receiver.tokens[layer], linear(mixed, block.proj));
    return logits(add(sum, mlp ?? throughMlp(sum, block, config).mlp), layer + 1);
  };
  const layers = count(config.depth);
  return [
    ...layers.flatMap((layer) =>
      count(config.num_heads).map(
        (head) => () => after(layer, withHead(receiver.kept[layer].mixed, source.kept[layer].mixed, head, size)),
      ),
    ),
    ...layers.map((layer) => () => logits(add(receiver.kept[layer].sum, source.kept[layer].mlp), layer + 1)),
    ...layers.map((layer) => () => after(layer, source.kept[layer].mixed, source.kept[layer].mlp)),
    ...receiver.tokens.flatMap((tokens, state) =>
      count(tokens.rows).map((token) => () => logits(withToken(tokens, source.tokens[state], token), state)),
    ),
  ];
};

/**
 * The share of the logit gap between two images that each part moves; null if both are read as one class.
 * @param {Model} model
 * @param {Float32Array} sourceImage
 * @param {Float32Array} receiverImage
 * @param {() => Promise<void>} breathe
 */
export const gapShares = async (model, sourceImage, receiverImage, breathe) => {
  const [source, receiver] = [sourceImage, receiverImage].map((image) => record(model, image)),
    classes = [source, receiver].map(({ logits }) => argmax(logits)),
    gap = (/** @type {Float32Array} */ logits) => logits[classes[0]] - logits[classes[1]];
  if (classes[0] === classes[1]) return null;
  const gaps = [source, receiver].map(({ logits }) => gap(logits)),
    shares = [];
  for (const run of runsOf(model, source, receiver)) {
    shares.push((gap(run()) - gaps[1]) / (gaps[0] - gaps[1]));
    await breathe();
  }
  return { classes, gaps, shares: Float32Array.from(shares) };
};
