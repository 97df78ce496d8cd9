// @ts-check
/* All subsets of up to 16 patches as numbers, bit i for patch i: Shapley values, interactions, and the sets that
   decide, as vit/explain/shapley.py, vit/explain/decisive_sets.py and vit/explain/interactions.py compute them. */

/** @typedef {Float64Array} Table log-odds of all subsets (2**n) in nats */
/** @typedef {Float32Array[]} Logits of all subsets, (K) each */

/**
 * How many patches a table is about.
 * @param {{ length: number }} table
 */
export const countOf = ({ length }) => Math.round(Math.log2(length));

/**
 * How many patches a subset has.
 * @param {number} subset
 */
export const sizeOf = (subset) => {
  let size = 0;
  for (let rest = subset; rest; rest &= rest - 1) size++;
  return size;
};

/**
 * The patches of a subset, ascending.
 * @param {number} subset
 */
export const patchesIn = (subset) => {
  const patches = [];
  for (let patch = 0; subset >> patch; patch++) if ((subset >> patch) & 1) patches.push(patch);
  return patches;
};

/**
 * n over k.
 * @param {number} n
 * @param {number} k
 */
const choose = (n, k) => {
  let ways = 1;
  for (let at = 1; at <= k; at++) ways = (ways * (n - k + at)) / at;
  return Math.round(ways);
};

/**
 * Shapley values (n) in nats.
 * @param {Table} values
 */
export const shapleyValues = (values) => {
  const n = countOf(values),
    weights = Array.from({ length: n }, (_, size) => 1 / (n * choose(n - 1, size)));
  return Float64Array.from({ length: n }, (_, patch) => {
    let sum = 0;
    for (let subset = 0; subset < values.length; subset++)
      if (!((subset >> patch) & 1)) sum += weights[sizeOf(subset)] * (values[subset | (1 << patch)] - values[subset]);
    return sum;
  });
};

/**
 * The Shapley interaction index of two patches (Grabisch and Roubens 1999).
 * @param {Table} values
 * @param {number} i
 * @param {number} j
 */
export const interaction = (values, i, j) => {
  const n = countOf(values),
    [one, other] = [1 << i, 1 << j],
    weights = Array.from({ length: n - 1 }, (_, size) => 1 / ((n - 1) * choose(n - 2, size)));
  let sum = 0;
  for (let subset = 0; subset < values.length; subset++) {
    if (subset & (one | other)) continue;
    const more = values[subset | one | other] - values[subset | one] - values[subset | other] + values[subset];
    sum += weights[sizeOf(subset)] * more;
  }
  return sum;
};

/**
 * The insertion order (n) with the lowest sum of v over all sets on the way.
 * @param {Table} values
 */
export const lowestOrder = (values) => {
  const least = values.slice(),
    last = new Int32Array(values.length);
  for (let subset = 1; subset < values.length; subset++) {
    let best = Number.POSITIVE_INFINITY;
    for (const patch of patchesIn(subset)) {
      const before = least[subset ^ (1 << patch)];
      if (before < best) [best, last[subset]] = [before, patch];
    }
    least[subset] += best;
  }
  const order = [];
  for (let left = values.length - 1; left; left ^= 1 << last[left]) order.push(last[left]);
  return order.reverse();
};

/**
 * The logit margin of a class over the highest other one.
 * @param {Float32Array} logits
 * @param {number} target
 */
const marginOf = (logits, target) => {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logits.length; at++) if (at !== target) most = Math.max(most, logits[at]);
  return logits[target] - most;
};

/**
 * The smallest set with a positive margin, of equal ones that with the largest; null if there is none.
 * @param {Logits} table
 * @param {(logits: Float32Array) => number} margin
 * @param {(subset: number) => number} nameOf
 */
const smallest = (table, margin, nameOf) => {
  let best = null,
    least = Number.POSITIVE_INFINITY,
    most = 0;
  for (const [subset, logits] of table.entries()) {
    const by = margin(logits),
      size = sizeOf(nameOf(subset));
    if (by > 0 && (size < least || (size === least && by > most))) [best, least, most] = [nameOf(subset), size, by];
  }
  return best;
};

/**
 * The smallest set of visible patches that gives the target, null if there is none.
 * @param {Logits} table
 * @param {number} target
 */
export const smallestSufficient = (table, target) =>
  smallest(
    table,
    (logits) => marginOf(logits, target),
    (subset) => subset,
  );

/**
 * The smallest set whose masking changes the answer from the target, null if there is none.
 * @param {Logits} table
 * @param {number} target
 */
export const smallestFlip = (table, target) =>
  smallest(
    table,
    (logits) => -marginOf(logits, target),
    (subset) => table.length - 1 - subset,
  );
