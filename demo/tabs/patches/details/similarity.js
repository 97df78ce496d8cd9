// @ts-check
/* Cosine similarity of position embeddings. */

import { fixed } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { mean } from "../../../web/numbers.js";

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

/** @typedef {"beside" | "row" | "column" | "elsewhere"} Relation */

/**
 * Where another patch is: next to the first, in its row, in its column, or elsewhere; null for the same patch.
 * @param {number} one
 * @param {number} other
 * @param {number} side
 * @returns {Relation | null}
 */
const relation = (one, other, side) => {
  const down = Math.abs(Math.floor(one / side) - Math.floor(other / side)),
    right = Math.abs((one % side) - (other % side));
  if (!(down + right)) return null;
  if (down + right === 1) return "beside";
  if (!down) return "row";
  return right ? "elsewhere" : "column";
};

/** @type {Record<Relation, (mean: string) => string>} */
const MEANS = {
  beside: (mean) => t("side by side {mean}", { mean }),
  row: (mean) => t("further along the same row {mean}", { mean }),
  column: (mean) => t("further along the same column {mean}", { mean }),
  elsewhere: (mean) => t("elsewhere {mean}", { mean }),
};

/**
 * The mean similarity of neighbours, of the same row and column, and of all others, as a sentence.
 * @param {Float32Array[]} maps
 * @param {number} side
 */
export const meansInWords = (maps, side) => {
  /** @type {Record<Relation, number[]>} */
  const groups = { beside: [], row: [], column: [], elsewhere: [] };
  for (const [one, map] of maps.entries())
    for (const [other, value] of map.entries()) {
      const name = relation(one, other, side);
      if (name) groups[name].push(value);
    }
  const means = /** @type {Relation[]} */ (Object.keys(groups))
    .filter((name) => groups[name].length)
    .map((name) => MEANS[name](fixed(mean(groups[name]))));
  return t("Cosine similarity, on average: {means}. 1 is the same direction, 0 is orthogonal.", {
    means: means.join(", "),
  });
};
