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
 * The weights by their places; `norm` is that before the head, null with norms after each part.
 * @typedef {{ patch_embed: Linear, cls_token: Float32Array, pos_embed: Matrix, blocks: Block[], norm: Norm | null,
 *   head: Linear }} Parts
 */
/**
 * `embed` takes an image in [0, 1] and gives its tokens (N, D); `encode` runs them, or some of them, through the
 * blocks; `trace` does both. `classify` reads logits (K) from tokens as the head does. `logits` takes the tokens that
 * enter block `first` and keeps nothing.
 * @typedef {{ config: Config, parts: Parts, pos_embed: Matrix, embed: (image: Float32Array) => Matrix,
 *   encode: (tokens: Matrix) => Trace, trace: (image: Float32Array) => Trace,
 *   classify: (tokens: Matrix) => Float32Array, logits: (tokens: Matrix, first?: number) => Float32Array }} Model
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
export const patchesOf = (image, { image_size: side, patch_size: size, mean, std }) => {
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
export const columnsOf = ({ rows, columns, data }, first, count) => {
  const out = newMatrix(rows, count);
  for (let row = 0; row < rows; row++)
    out.data.set(data.subarray(row * columns + first, row * columns + first + count), row * count);
  return out;
};

/** @param {Matrix} matrix */
export const transposed = ({ rows, columns, data }) => {
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
 * The cls token (1, D) after a block whose norms come first, without the other tokens: in the last block nothing else
 * is read.
 * @param {Matrix} tokens
 * @param {Block} block
 * @param {Config} config
 */
const clsAfter = (tokens, { norm1, qkv, proj, norm2, fc1, fc2 }, { num_heads: heads, act }) => {
  const width = tokens.columns,
    size = width / heads,
    normed = layerNorm(tokens, norm1),
    mixed = newMatrix(1, width);
  const part = (/** @type {number} */ first, /** @type {number} */ count) => ({
    weight: newMatrix(count, width, qkv.weight.data.subarray(first * width, (first + count) * width)),
    bias: qkv.bias.subarray(first, first + count),
  });
  const q = linear(newMatrix(1, width, rowOf(normed, 0)), part(0, width)),
    all = linear(normed, part(width, 2 * width)); // keys and values
  for (let head = 0; head < heads; head++) {
    const weights = multiply(columnsOf(q, head * size, size), columnsOf(all, head * size, size)).data;
    softmax(weights, size ** -0.5);
    for (let row = 0; row < all.rows; row++)
      for (let at = 0; at < size; at++)
        mixed.data[head * size + at] += weights[row] * all.data[row * 2 * width + width + head * size + at];
  }
  const sum = add(newMatrix(1, width, rowOf(tokens, 0)), linear(mixed, proj)),
    hidden = linear(layerNorm(sum, norm2), fc1);
  for (let at = 0; at < hidden.data.length; at++)
    hidden.data[at] = act === "gelu" ? gelu(hidden.data[at]) : relu(hidden.data[at]);
  return add(sum, linear(hidden, fc2));
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
 * The weights of a checkpoint by their places.
 * @param {Config} config
 * @param {Tensors} tensors
 * @returns {Parts}
 */
const partsOf = ({ depth, embed_dim: width, image_size: side, patch_size: size, norm }, tensors) => ({
  patch_embed: linearOf(tensors, "patch_embed.proj"),
  cls_token: tensors.cls_token.data,
  pos_embed: newMatrix(1 + (side / size) ** 2, width, tensors.pos_embed?.data),
  blocks: Array.from({ length: depth }, (_, at) => blockOf(tensors, at)),
  norm: norm === "pre" ? normOf(tensors, "norm") : null,
  head: linearOf(tensors, "head"),
});

/**
 * A model from its config and weights.
 * @param {Config} config
 * @param {Tensors} tensors
 */
export const newModel = (config, tensors) => assemble(config, partsOf(config, tensors));

/**
 * A model from its config and parts.
 * @param {Config} config
 * @param {Parts} parts
 * @returns {Model}
 */
export const assemble = (config, parts) => {
  const { embed_dim: width, pool } = config,
    { patch_embed, cls_token, pos_embed, blocks, norm, head } = parts;

  const embed = (/** @type {Float32Array} */ image) => {
    const tokens = newMatrix(pos_embed.rows, width);
    tokens.data.set(cls_token);
    tokens.data.set(linear(patchesOf(image, config), patch_embed).data, width);
    return add(tokens, pos_embed);
  };

  const classify = (/** @type {Matrix} */ tokens) => {
    const read = pool === "cls" ? newMatrix(1, width, rowOf(tokens, 0)) : tokens, // the norm of other rows is not read
      pooled = poolTokens(norm ? layerNorm(read, norm) : read, pool);
    return linear(newMatrix(1, width, pooled), head).data;
  };

  const encode = (/** @type {Matrix} */ embedded) => {
    let last = embedded;
    const layers = blocks.map((block) => {
      const layer = runBlock(last, block, config);
      last = layer.tokens;
      return layer;
    });
    const [attention, tokens] = [layers.map((layer) => layer.attention), layers.map((layer) => layer.tokens)];
    return { logits: classify(last), attention, tokens, embedded };
  };
  const trace = (/** @type {Float32Array} */ image) => encode(embed(image));

  const logits = (/** @type {Matrix} */ entered, first = 0) => {
    const short = Boolean(norm) && pool === "cls";
    let tokens = entered;
    for (const [at, block] of blocks.entries())
      if (at >= first)
        tokens =
          short && at === blocks.length - 1 ? clsAfter(tokens, block, config) : runBlock(tokens, block, config).tokens;
    return classify(tokens);
  };
  return { config, parts, pos_embed, embed, encode, trace, classify, logits };
};
