import assert from "node:assert/strict";
import { test } from "node:test";
import { apart } from "../../demo/tabs/race/chart.js";
import { accuracyText, endText } from "../../demo/tabs/race/words.js";

test("names beside curves that end together do not lie on another", () => {
  assert.deepEqual(apart([40, 41, 90], 15), [40, 55, 90]);
  assert.deepEqual(apart([42, 41, 40], 15), [70, 55, 40]);
  assert.deepEqual(apart([10, 50, 90], 15), [10, 50, 90]);
});

test("the end names the most accurate network and what shuffled patches leave", () => {
  const network = (name, clean, shuffled) => ({ name, results: { clean, "patches shuffled": shuffled } });
  assert.equal(
    endText([network("vit", 0.96, 0.31), network("cnn", 0.981, 0.2), network("mlp", 0.95, 0.4)]),
    "The CNN reads most test digits right: 98.1 %. With their patches shuffled, the ViT still reads 31.0 %, " +
      "the CNN 20.0 %, the MLP 40.0 %.",
  );
});

test("the accuracy is that of the last point, with the network's own seconds", () => {
  const points = [
    [1, 0.1, 0.1],
    [80, 12.34, 0.914],
  ];
  assert.equal(accuracyText({ points }), "91.4 % right, 12.3 s");
});
