// @ts-check
/* A block whose norms come first, step by step, with everything that it computes: gradients and patching need it. */
import { add, gelu, layerNorm, linear, multiply, newMatrix, relu, rowOf, softmax } from "./matrix.js";
import { columnsOf, transposed } from "./vit.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./vit.js").Block} Block */
/** @typedef {import("./vit.js").Config} Config */
/**
 * Of N tokens with D features: the `input` and the `sum` after attention (N, D), queries, keys and values of each head
 * (N, d) and its attention (N, N), the heads' outputs side by side before `proj` (N, D), the input of the activation
 * (N, M), and the output of the MLP (N, D).
 * @typedef {{ input: Matrix, sum: Matrix, heads: { q: Matrix, k: Matrix, v: Matrix, weights: Matrix }[], mixed: Matrix,
 *   hidden: Matrix, mlp: Matrix }} Kept
 */

/**
 * Queries, keys and values of each head, (N, d) each.
 * @param {Matrix} input
 * @param {Block} block
 * @param {Config} config
 */
export const headsOf = (input, block, { num_heads: count, norm }) => {
  const all = linear(norm === "pre" ? layerNorm(input, block.norm1) : input, block.qkv),
    width = input.columns,
    size = width / count;
  return Array.from({ length: count }, (_, head) =>
    [0, 1, 2].map((part) => columnsOf(all, part * width + head * size, size)),
  );
};

/**
 * What the MLP adds to tokens, and the input of its activation.
 * @param {Matrix} sum
 * @param {Block} block
 * @param {Config} config
 */
export const throughMlp = (sum, block, { act }) => {
  const activation = act === "gelu" ? gelu : relu,
    hidden = linear(layerNorm(sum, block.norm2), block.fc1),
    active = newMatrix(hidden.rows, hidden.columns, hidden.data.map(activation));
  return { hidden, mlp: linear(active, block.fc2) };
};

/**
 * The tokens (N, D) after a block, and what it computed.
 * @param {Matrix} input
 * @param {Block} block
 * @param {Config} config
 * @returns {{ tokens: Matrix, kept: Kept }}
 */
export const forward = (input, block, config) => {
  const mixed = newMatrix(input.rows, input.columns);
  const heads = headsOf(input, block, config).map(([q, k, v], head) => {
    const weights = multiply(q, k),
      size = q.columns;
    for (let row = 0; row < weights.rows; row++) softmax(rowOf(weights, row), size ** -0.5);
    const values = multiply(weights, transposed(v));
    for (let row = 0; row < values.rows; row++) rowOf(mixed, row).set(rowOf(values, row), head * size);
    return { q, k, v, weights };
  });
  const sum = add(input, linear(mixed, block.proj)),
    { hidden, mlp } = throughMlp(sum, block, config);
  return { tokens: add(sum, mlp), kept: { input, sum, heads, mixed, hidden, mlp } };
};
