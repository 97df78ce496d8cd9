import assert from "node:assert/strict";
import { test } from "node:test";
import { twoDrawingsTable } from "../../demo/tabs/two_drawings/files.js";
import { largestPatch, offText, shareText, strongestTexts, summaryText } from "../../demo/tabs/two_drawings/words.js";

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

test("the summary names the patch, the head and the MLP with the largest shares", () => {
  assert.equal(
    summaryText(SHARES),
    "With the kept drawing's ink in one patch alone (row 1, column 1), the answer moves 20 % of the way from 9 to 4. " +
      "Strongest head: head 1 of layer 2, 30 %. Strongest MLP: layer 2, 41 %.",
  );
  const cls = summaryText({ ...SHARES, tokens: [0.9, 0.2, -0.6, 0.1, 0.3, ...SHARES.tokens.slice(5)] });
  assert.match(cls, /\(row 2, column 2\), the answer moves 30 %/); // cls has no ink
  assert.equal(offText(SHARES), "What if head 1 of layer 2 were off?");
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
