// @ts-check
/* Cosine similarity of position embeddings. */
import { fixed } from "../../web/format.js";
import { mean } from "./numbers.js";

/**
 * The cosines of each embedding with those of the patches, one map for each token; row 0 of `rows` is cls.
 * @param {Float32Array[]} rows
 */
export const cosines = (rows) => {
  const units = rows.map((row) => {
    const length = Math.hypot(...row) || 1;
    return row.map((value) => value / length);
  });
  const patches = units.slice(1);
  return units.map((row) =>
    Float32Array.from(patches, (other) => row.reduce((total, value, axis) => total + value * other[axis], 0)),
  );
};

/**
 * Where another patch is: next to the first, in its row, in its column, or elsewhere; "" for the same patch.
 * @param {number} one
 * @param {number} other
 * @param {number} side
 */
const relation = (one, other, side) => {
  const down = Math.abs(Math.floor(one / side) - Math.floor(other / side)),
    right = Math.abs((one % side) - (other % side));
  if (!(down + right)) return "";
  if (down + right === 1) return "side by side";
  if (!down) return "further along the same row";
  return right ? "elsewhere" : "further along the same column";
};

/**
 * The mean similarity of neighbours, of the same row and column, and of all others, as a sentence.
 * @param {Float32Array[]} maps
 * @param {number} side
 */
export const meansInWords = (maps, side) => {
  /** @type {Record<string, number[]>} */
  const groups = {
    "side by side": [],
    "further along the same row": [],
    "further along the same column": [],
    elsewhere: [],
  };
  for (const [one, map] of maps.entries())
    for (const [other, value] of map.entries()) groups[relation(one, other, side)]?.push(value);
  const means = Object.entries(groups)
    .filter(([, values]) => values.length)
    .map(([name, values]) => `${name} ${fixed(mean(values))}`);
  return `Cosine similarity, on average: ${means.join(", ")}. 1 is the same direction, 0 is orthogonal.`;
};
