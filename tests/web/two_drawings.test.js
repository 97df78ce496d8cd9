import assert from "node:assert/strict";
import { test } from "node:test";
import { twoDrawingsTable } from "../../demo/tabs/two_drawings/files.js";
import { largestPatch, shareText, strongestTexts, summaryText } from "../../demo/tabs/two_drawings/words.js";
import { argmax } from "../../demo/web/numbers.js";

const SHARES = {
  classes: [4, 9],
  gaps: [8, -6],
  heads: [0.1, -0.2, 0.3, 0.05],
  mlps: [0.25, 0.41],
  layers: [0.5, 0.9],
  tokens: [0, 0.2, -0.6, 0.1, 0.1, 0.3, 0, 0.2, 0.1, 0, 1, 0, 0, 0, 0],
  num_heads: 2,
  count: 5,
  side: 2,
};

test("a share is a whole percentage with a real minus sign", () => {
  assert.deepEqual([0.414, -0.2, 0, 1.2].map(shareText), ["41 %", "−20 %", "0 %", "120 %"]);
});

test("the summary names the part with the largest share", () => {
  assert.equal(argmax([...SHARES.heads, ...SHARES.mlps]), 5);
  assert.equal(
    summaryText(SHARES),
    "Strongest head or MLP: the MLP of layer 2. Its copy moves the answer 41 % of the way from 9 to 4.",
  );
  assert.match(summaryText({ ...SHARES, mlps: [0, 0] }), /^Strongest head or MLP: head 1 of layer 2\./);
});

test("the strongest token of each state, and the largest share of a patch without cls", () => {
  assert.deepEqual(strongestTexts(SHARES), [
    "Before layer 1, patch row 1, column 1: 20 % of the way",
    "After layer 1, cls: 30 % of the way",
    "After layer 2, cls: 100 % of the way",
  ]);
  assert.equal(largestPatch(SHARES), 0.6);
});

test("the table has a row for each part", () => {
  const { columns, rows } = twoDrawingsTable(SHARES);
  assert.deepEqual(columns, ["part", "layer", "head_or_token", "share"]);
  assert.equal(rows.length, 4 + 2 + 2 + 15);
  assert.deepEqual(rows[2], ["head", 2, 1, 0.3]);
  assert.deepEqual(rows.at(-5), ["token", 2, 0, 1]);
});
