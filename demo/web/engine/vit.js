// @ts-check
/* The forward pass of vit/model.py with everything that it computes: the field's names are the same. */
import { add, gelu, layerNorm, linear, multiply, newMatrix, relu, rowOf, softmax } from "./matrix.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./matrix.js").Linear} Linear */
/** @typedef {import("./matrix.js").Norm} Norm */
/** @typedef {import("./safetensors.js").Tensor} Tensor */
/** @typedef {Record<string, Tensor>} Tensors */
/**
 * The config of a checkpoint, see vit/config.py.
 * @typedef {{ image_size: number, patch_size: number, in_chans: number, num_classes: number, embed_dim: number,
 *   depth: number, num_heads: number, mlp_dim: number, norm: string, act: string, pool: string, positions: string,
 *   mean: number, std: number, names: string[] }} Config
 */
/** @typedef {{ norm1: Norm, qkv: Linear, proj: Linear, norm2: Norm, fc1: Linear, fc2: Linear }} Block */
/**
 * What one forward pass computed. `attention`: of each layer and head, (N, N), row = query; token 0 is cls. `tokens`:
 * (N, D) after each block. `embedded`: (N, D) before the first block, positions added.
 * @typedef {{ logits: Float32Array, attention: Matrix[][], tokens: Matrix[], embedded: Matrix }} Trace
 */
/**
 * `trace` takes an image in [0, 1]; `classify` reads logits (K) from tokens (N, D) as the head does.
 * @typedef {{ config: Config, pos_embed: Matrix, trace: (image: Float32Array) => Trace,
 *   classify: (tokens: Matrix) => Float32Array }} Model
 */

/**
 * A tensor of two axes or more as a matrix of its last axis.
 * @param {Tensor} tensor
 */
const asMatrix = ({ shape, data }) => newMatrix(data.length / shape[shape.length - 1], shape[shape.length - 1], data);

/**
 * @param {Tensors} tensors
 * @param {string} name
 * @returns {Linear}
 */
const linearOf = (tensors, name) => ({
  weight: asMatrix(tensors[`${name}.weight`]),
  bias: tensors[`${name}.bias`].data,
});

/**
 * @param {Tensors} tensors
 * @param {string} name
 * @returns {Norm}
 */
const normOf = (tensors, name) => ({ weight: tensors[`${name}.weight`].data, bias: tensors[`${name}.bias`].data });

/**
 * @param {Tensors} tensors
 * @param {number} at
 * @returns {Block}
 */
const blockOf = (tensors, at) => ({
  norm1: normOf(tensors, `blocks.${at}.norm1`),
  qkv: linearOf(tensors, `blocks.${at}.attn.qkv`),
  proj: linearOf(tensors, `blocks.${at}.attn.proj`),
  norm2: normOf(tensors, `blocks.${at}.norm2`),
  fc1: linearOf(tensors, `blocks.${at}.mlp.fc1`),
  fc2: linearOf(tensors, `blocks.${at}.mlp.fc2`),
});

/**
 * The patches of an image, row by row: (G * G, P * P), normalised.
 * @param {Float32Array} image
 * @param {Config} config
 */
const patchesOf = (image, { image_size: side, patch_size: size, mean, std }) => {
  const grid = side / size,
    patches = newMatrix(grid * grid, size * size);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const patch = Math.floor(y / size) * grid + Math.floor(x / size);
      patches.data[patch * size * size + (y % size) * size + (x % size)] = (image[y * side + x] - mean) / std;
    }
  return patches;
};

/**
 * Columns of a matrix, `count` from `first` on.
 * @param {Matrix} matrix
 * @param {number} first
 * @param {number} count
 */
const columnsOf = ({ rows, columns, data }, first, count) => {
  const out = newMatrix(rows, count);
  for (let row = 0; row < rows; row++)
    out.data.set(data.subarray(row * columns + first, row * columns + first + count), row * count);
  return out;
};

/** @param {Matrix} matrix */
const transposed = ({ rows, columns, data }) => {
  const out = newMatrix(columns, rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out.data[column * rows + row] = data[row * columns + column];
  return out;
};

/**
 * Multi-head self-attention (Vaswani et al. 2017, section 3.2): the mixed tokens (N, D), and the weights (N, N) of each
 * head.
 * @param {Matrix} tokens
 * @param {Block} block
 * @param {number} heads
 */
const attend = (tokens, { qkv, proj }, heads) => {
  const all = linear(tokens, qkv), // (N, 3 * D): queries, keys and values
    width = tokens.columns,
    size = width / heads,
    mixed = newMatrix(tokens.rows, width);
  const attention = Array.from({ length: heads }, (_, head) => {
    const [q, k, v] = [0, 1, 2].map((part) => columnsOf(all, part * width + head * size, size)); // (N, d) each
    const weights = multiply(q, k); // (N, N)
    for (let row = 0; row < weights.rows; row++) softmax(rowOf(weights, row), size ** -0.5);
    const values = multiply(weights, transposed(v)); // (N, d)
    for (let row = 0; row < values.rows; row++) rowOf(mixed, row).set(rowOf(values, row), head * size);
    return weights;
  });
  return { mixed: linear(mixed, proj), attention };
};

/**
 * The tokens after a block, and its attention.
 * @param {Matrix} tokens
 * @param {Block} block
 * @param {Config} config
 */
const runBlock = (tokens, block, { num_heads: heads, norm, act }) => {
  const activation = act === "gelu" ? gelu : relu;
  const mlp = (/** @type {Matrix} */ input) => {
    const hidden = linear(input, block.fc1);
    for (let index = 0; index < hidden.data.length; index++) hidden.data[index] = activation(hidden.data[index]);
    return linear(hidden, block.fc2);
  };
  const pre = norm === "pre",
    { mixed, attention } = attend(pre ? layerNorm(tokens, block.norm1) : tokens, block, heads),
    sum = add(tokens, mixed);
  if (pre) return { tokens: add(sum, mlp(layerNorm(sum, block.norm2))), attention };
  const normed = layerNorm(sum, block.norm1);
  return { tokens: layerNorm(add(normed, mlp(normed)), block.norm2), attention };
};

/**
 * One row for all tokens (N, n): that of cls, or the mean over the patches.
 * @param {Matrix} rows
 * @param {string} pool
 */
export const poolTokens = (rows, pool) => {
  if (pool === "cls") return rowOf(rows, 0);
  const mean = new Float32Array(rows.columns);
  for (let row = 1; row < rows.rows; row++)
    for (let column = 0; column < rows.columns; column++)
      mean[column] += rows.data[row * rows.columns + column] / (rows.rows - 1);
  return mean;
};

/**
 * A model from its config and weights.
 * @param {Config} config
 * @param {Tensors} tensors
 * @returns {Model}
 */
export const newModel = (config, tensors) => {
  const { depth, embed_dim: width, image_size: side, patch_size: size, norm, pool } = config,
    num_tokens = 1 + (side / size) ** 2,
    patch_embed = linearOf(tensors, "patch_embed.proj"),
    cls_token = tensors.cls_token.data,
    pos_embed = newMatrix(num_tokens, width, tensors.pos_embed?.data),
    blocks = Array.from({ length: depth }, (_, at) => blockOf(tensors, at)),
    head = linearOf(tensors, "head"),
    lastNorm = norm === "pre" ? normOf(tensors, "norm") : null;

  const embed = (/** @type {Float32Array} */ image) => {
    const tokens = newMatrix(num_tokens, width);
    tokens.data.set(cls_token);
    tokens.data.set(linear(patchesOf(image, config), patch_embed).data, width);
    return add(tokens, pos_embed);
  };

  const classify = (/** @type {Matrix} */ tokens) => {
    const read = pool === "cls" ? newMatrix(1, width, rowOf(tokens, 0)) : tokens, // the norm of other rows is not read
      pooled = poolTokens(lastNorm ? layerNorm(read, lastNorm) : read, pool);
    return linear(newMatrix(1, width, pooled), head).data;
  };

  const trace = (/** @type {Float32Array} */ image) => {
    const embedded = embed(image);
    let last = embedded;
    const layers = blocks.map((block) => {
      const layer = runBlock(last, block, config);
      last = layer.tokens;
      return layer;
    });
    const [attention, tokens] = [layers.map((layer) => layer.attention), layers.map((layer) => layer.tokens)];
    return { logits: classify(last), attention, tokens, embedded };
  };
  return { config, pos_embed, trace, classify };
};
