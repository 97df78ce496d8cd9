import assert from "node:assert/strict";
import test from "node:test";
import { costRows, measuredCells, pixelsText } from "../../demo/tabs/patches/cost_table.js";
import {
  inkiestToken,
  pixelsOf,
  positionSimilarities,
  rangeText,
  rowOf,
  vectorsOf,
} from "../../demo/tabs/patches/vectors.js";

const four = { num_patches: 4, grid_size: 2, patch_size: 2, image_size: 4 };
const image = { shape: [4, 4], data: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0, 0.2, 0.5, 0] };
const posEmbed = { shape: [5, 2], data: [0, 0, 3, 4, 6, 8, -3, -4, 4, -3] };
const patchEmbed = { shape: [5, 2], data: [1, -2, 0, 1, 0, 0, 0, 0, 0, 0] };

test("a token's vectors sum to the input of the first layer", () => {
  assert.deepEqual(rowOf(posEmbed, 2), [6, 8]);
  const { vectors, scale } = vectorsOf(patchEmbed, posEmbed, 1);
  assert.deepEqual(
    vectors.map(({ label, values }) => [label, ...values]),
    [
      ["Patch embedding", 0, 1],
      ["+ position embedding", 3, 4],
      ["= what enters the first layer", 3, 5],
    ],
  );
  assert.equal(scale, 5);
  assert.equal(vectorsOf(patchEmbed, posEmbed, 0).vectors[0].label, "cls token");
  assert.equal(rangeText([1, -2]), "−2.00 … 1.00");
});

test("positions are compared by their cosine, and one without numbers is similar to none", () => {
  assert.deepEqual(positionSimilarities(posEmbed, 1), [1, 1, -1, 0]);
  assert.deepEqual(positionSimilarities(posEmbed, 0), [0, 0, 0, 0]);
});

test("the patch with the most ink is found, and cls has no pixels", () => {
  assert.equal(inkiestToken(image, four), 4);
  assert.deepEqual(pixelsOf(image, four, 4), [0.5, 0.5, 0.5, 0]);
  assert.deepEqual(pixelsOf(image, four, 0), []);
});

test("attention costs the square of the tokens, in each head of each layer", () => {
  const model = { image_size: 28, patch_size: 7, num_tokens: 17, depth: 3, num_heads: 2 };
  assert.deepEqual(costRows(model)[2], { size: 7, cells: ["7×7 pixels", "16", "17", "289", "1,734"] });
  assert.deepEqual(costRows(model).at(-1).cells.slice(1, 4), ["784", "785", "616,225"]);
  assert.equal(
    pixelsText(model),
    "This model reads 16 patches; single pixels would be 784, and one attention map 2,132 times as large.",
  );
});

test("measured costs have their units, and a size that did not fit is described as such", () => {
  const cost = { seconds: 0.01234, bytes: 2_500_000, num_params: 241306, quadratic: 0.0714 };
  assert.deepEqual(measuredCells(cost), ["7 %", "241,306", "2.5 MB", "12.3 ms"]);
  assert.equal(measuredCells({ ...cost, seconds: null }).at(-1), "too much memory");
});
