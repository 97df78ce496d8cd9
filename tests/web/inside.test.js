import assert from "node:assert/strict";
import test from "node:test";
import { calculate, rankOf, restore, restTogether, rowCount, softmax } from "../../demo/tabs/inside/calculation.js";
import { cellColour, coarse, compact, largest, rootText, shareText } from "../../demo/tabs/inside/numbers.js";
import { matchText, outputText, projectionText, questionText } from "../../demo/tabs/inside/sentences.js";
import { fixed } from "../../demo/web/format.js";

const close = (actual, expected) => {
  assert.equal(actual.length, expected.length);
  for (const [at, value] of [...actual].entries())
    assert.ok(Math.abs(value - expected[at]) < 1e-6, `${value} at ${at}`);
};
const packed = (array, type, shape) => ({ type, shape, data: Buffer.from(array.buffer).toString("base64") });

/* One layer with two heads of four features and `tokens` tokens; in the second head, q is 1, and k is 1 for patch 2. */
const vectorsOf = (tokens) => {
  const width = 4,
    size = tokens * width,
    data = new Float32Array(3 * 2 * size);
  data.fill(1, size, 2 * size); // q
  data.fill(1, 3 * size + 2 * width, 3 * size + 3 * width); // k of patch 2
  for (let token = 0; token < tokens; token++)
    data.fill(token, 5 * size + token * width, 5 * size + (token + 1) * width);
  return { shape: [1, 3, 2, tokens, width], data };
};
const second = { layer: 0, head: 1, query: 1 };
const E2 = Math.exp(2);

test("packed vectors are restored between the low and the high of each table", () => {
  const answer = {
    qkv: packed(Uint16Array.of(0, 65535, 0, 65535, 65535, 0), "u16", [1, 3, 1, 1, 2]),
    low: packed(Float32Array.of(-1, 0, 2), "f32", [1, 3, 1]),
    high: packed(Float32Array.of(1, 0.5, 2), "f32", [1, 3, 1]),
  };
  close(restore(answer).data, [-1, 1, 0, 0.5, 2, 2]);
});

test("softmax gives shares that sum to 1, also for large scores", () => {
  close(softmax([1000, 1000 + Math.log(3)]), [0.25, 0.75]);
});

test("a head calculates its scores, shares and output", () => {
  const { root, dots, shares, order, rest, output } = calculate(vectorsOf(3), second);
  assert.equal(root, 2);
  assert.deepEqual(dots, [0, 0, 4]);
  close(shares, [1 / (2 + E2), 1 / (2 + E2), E2 / (2 + E2)]);
  assert.deepEqual([order, rest], [[2, 0, 1], []]);
  close(output, Array(4).fill((1 + 2 * E2) / (2 + E2)));
  assert.equal(rankOf(shares, 0), 2);
});

test("the first head has its own numbers", () => {
  close(calculate(vectorsOf(3), { ...second, head: 0 }).shares, [1 / 3, 1 / 3, 1 / 3]);
});

test("among many tokens, those with the smallest shares are merged into one row", () => {
  const calculation = calculate(vectorsOf(63), second),
    { share, mean } = restTogether(calculation);
  assert.deepEqual(calculation.rest, [60, 61, 62]);
  close([share, ...mean], [3 / (62 + E2), 61, 61, 61, 61]);
  assert.deepEqual([17, 60, 63].map(rowCount), [17, 60, 61]);
});

test("numbers have a real minus sign, and zero has none", () => {
  assert.deepEqual([fixed(-1.256, 2), fixed(-0.001, 2), fixed(-0.2, 0)], ["−1.26", "0.00", "0"]);
  assert.deepEqual([9.94, -9.96].map(coarse), ["9.9", "−10"]);
  assert.deepEqual([0.04, -0.3, 12.4].map(compact), ["0", "-.3", "12"]);
  assert.deepEqual([shareText(0.0001), shareText(0.25)], ["less than 0.1 %", "25.0 %"]);
  assert.deepEqual([rootText(16), rootText(8), rootText(8, 1)], ["4", "2.83", "2.8"]);
});

test("a cell is stronger for a larger number, and grey below zero", () => {
  assert.equal(cellColour("q", 1, 2), "rgb(47 125 225 / 0.275)");
  assert.equal(cellColour("k", -3, 2), "rgb(100 116 139 / 0.550)");
  assert.deepEqual([largest([[1, -3], [2]]), largest([[0]])], [3, 1e-9]);
});

test("a match is described from the products to the share", () => {
  const calculation = calculate(vectorsOf(3), second);
  assert.equal(questionText(calculation, 1), "How well does the query of patch 1 match its own key?");
  assert.equal(questionText(calculation, 0), "How well does the query of patch 1 match the key of cls?");
  assert.equal(
    matchText(calculation, 2, 3),
    "The products add up to q·k = 4.00. Divided by √4 = 2: 2.00. After softmax over all tokens, patch 2 gets 78.7 % of " +
      "patch 1's attention, rank 1 of 3. Number 4: 1.00 × 1.00 = 1.00.",
  );
  assert.match(matchText(calculation, 2, null), /rank 1 of 3\.$/);
});

test("a number of the output adds up from the largest shares", () => {
  const three = calculate(vectorsOf(3), second);
  assert.equal(outputText(three, 0), "Number 1 of the output: 78.7 % × 2.00 + 10.7 % × 0.00 + 10.7 % × 1.00 = 1.68.");
  assert.match(outputText(calculate(vectorsOf(4), second), 0), / \+ … = /);
  assert.match(outputText(three, null), /^Point at a column/);
});

test("the outputs of several heads are joined before the projection", () => {
  const calculation = calculate(vectorsOf(3), second);
  assert.match(
    projectionText(calculation, { num_heads: 2, embed_dim: 8 }),
    /^The outputs of all 2 heads, side by side 8/,
  );
  assert.match(
    projectionText(calculation, { num_heads: 1, embed_dim: 4 }),
    /^The output then .* added to patch 1: .* layer 1/,
  );
});
