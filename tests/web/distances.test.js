import assert from "node:assert/strict";
import test from "node:test";
import { distances } from "../../demo/tabs/distances/distance.js";
import { cosines, meansInWords } from "../../demo/tabs/patches/details/similarity.js";
import { fixed } from "../../demo/web/format.js";
import { largest, rowsOf } from "../../demo/web/numbers.js";

const GRID = { grid_size: 2, patch_size: 14 };

/* Attention (1, 1, 5, 5): each patch gives `weights(query, key)` to patches, counted from 0; cls rows are zero. */
const attentionOf = (weights) => {
  const data = new Float32Array(25);
  for (let query = 0; query < 4; query++)
    for (let key = 0; key < 4; key++) data[(query + 1) * 5 + key + 1] = weights(query, key);
  return { shape: [1, 1, 5, 5], data };
};

test("a head that attends to the same patch has distance 0, and one that attends to its neighbour 14 pixels", () => {
  assert.deepEqual(
    distances(
      attentionOf((query, key) => Number(query === key)),
      GRID,
    ),
    [0],
  );
  const beside = attentionOf((query, key) => Number(key === (query ^ 1)));
  assert.ok(Math.abs(distances(beside, GRID)[0] - 14) < 1e-5);
});

test("attention to cls does not count, and the rest of the row is scaled to 1", () => {
  const half = attentionOf((query, key) => 0.5 * Number(key === (query ^ 2)));
  assert.ok(Math.abs(distances(half, GRID)[0] - 14) < 1e-5);
});

test("cosines are 1 for the same direction, -1 for the opposite, 0 at right angles; cls is the first map", () => {
  const rows = [
    [2, 0],
    [1, 0],
    [-3, 0],
    [0, 5],
  ].map((row) => Float32Array.from(row));
  assert.deepEqual([...cosines(rows)[0]], [1, -1, 0]);
  assert.deepEqual([...cosines(rows)[1]], [1, -1, 0]);
});

test("the sentence has the mean of neighbours and of the diagonal, and no group without patches", () => {
  const map = (one) =>
    Float32Array.from([0, 1, 2, 3], (other) => (one === other ? 9 : one + other === 3 ? -0.25 : 0.5));
  const text = meansInWords([0, 1, 2, 3].map(map), 2);
  assert.match(text, /side by side 0\.50, elsewhere −0\.25\./);
  assert.doesNotMatch(text, /further/);
});

test("numbers have a real minus sign, and nothing is minus zero", () => {
  assert.equal(fixed(-1.234), "−1.23");
  assert.equal(fixed(-0.001), "0.00");
  assert.equal(largest([-3, 2]), 3);
  assert.deepEqual(
    rowsOf({ shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) }).map((row) => [...row]),
    [
      [1, 2],
      [3, 4],
    ],
  );
});
