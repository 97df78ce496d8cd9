// @ts-check
/* A model without some parts, and an image with its patches elsewhere, as vit/analysis/ablation.py makes them. */
import { newMatrix } from "./matrix.js";
import { assemble } from "./vit.js";

/** @typedef {import("./vit.js").Model} Model */
/** @typedef {import("./vit.js").Block} Block */
/** @typedef {import("./matrix.js").Linear} Linear */
/** @typedef {{ heads?: [number, number][], layers?: number[], positions?: boolean, order?: number[] | null,
 *   erased?: number[] }} Changes */

/** @param {Linear} layer */
const silenced = ({ weight, bias }) => ({
  weight: newMatrix(weight.rows, weight.columns),
  bias: new Float32Array(bias.length),
});

/**
 * A block without the output of some heads.
 * @param {Block} block
 * @param {number[]} heads
 * @param {number} size features of a head
 */
const withoutHeads = (block, heads, size) => {
  const weight = newMatrix(block.proj.weight.rows, block.proj.weight.columns, block.proj.weight.data.slice());
  for (const head of heads)
    for (let row = 0; row < weight.rows; row++) {
      const start = row * weight.columns + head * size;
      weight.data.fill(0, start, start + size); // the columns that carry this head's part
    }
  return { ...block, proj: { weight, bias: block.proj.bias } };
};

/**
 * The model without some heads, layers or its positions.
 * @param {Model} model
 * @param {Changes} changes
 */
export const without = (model, { heads = [], layers = [], positions = true }) => {
  if (!heads.length && !layers.length && positions) return model;
  const { config, parts } = model,
    size = config.embed_dim / config.num_heads;
  const blocks = parts.blocks.map((block, layer) => {
    if (layers.includes(layer)) return { ...block, proj: silenced(block.proj), fc2: silenced(block.fc2) };
    const off = heads.filter(([at]) => at === layer).map(([, head]) => head);
    return off.length ? withoutHeads(block, off, size) : block;
  });
  const { rows, columns } = parts.pos_embed,
    pos_embed = positions ? parts.pos_embed : newMatrix(rows, columns);
  return assemble(config, { ...parts, blocks, pos_embed });
};

/**
 * The image with the patch that was at `order[i]` at place i, and nothing at the `erased` places.
 * @param {Float32Array} image
 * @param {number} grid patches in a row
 * @param {Changes} changes
 */
export const rearranged = (image, grid, { order, erased = [] }) => {
  const side = Math.round(Math.sqrt(image.length)),
    size = side / grid,
    moved = new Float32Array(image.length);
  const corner = (/** @type {number} */ at) => Math.floor(at / grid) * size * side + (at % grid) * size;
  for (let place = 0; place < grid * grid; place++) {
    if (erased.includes(place)) continue;
    const [to, from] = [corner(place), corner(order ? order[place] : place)];
    for (let row = 0; row < size; row++)
      moved.set(image.subarray(from + row * side, from + row * side + size), to + row * side);
  }
  return moved;
};
