import assert from "node:assert/strict";
import { test } from "node:test";
import { apart } from "../../demo/tabs/race/chart.js";
import { raceTable } from "../../demo/tabs/race/files.js";
import { accuracyText, endText } from "../../demo/tabs/race/words.js";
import { pack } from "../../demo/web/engine/pack.js";

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

test("the table has the curves, the test digits, and what is read in the drawing and why", () => {
  const network = {
    name: "vit",
    points: [
      [40, 1.5, 0.5],
      [80, 3, 0.9],
    ],
    results: { clean: 0.91, turned: 0.8 },
    probs: [0.25, 0.75],
  };
  const values = pack(new Float32Array([1, -2, 0, 0.5]), [2, 2], "f32");
  const { columns, rows } = raceTable([network], { maps: { vit: { digit: 1, values, exact: true } }, image: null });
  assert.deepEqual(columns, ["network", "quantity", "of", "step", "seconds", "value"]);
  assert.deepEqual(rows, [
    ["vit", "accuracy", "held-out digits", 40, 1.5, 0.5],
    ["vit", "accuracy", "held-out digits", 80, 3, 0.9],
    ["vit", "accuracy", "test digits clean", 80, 3, 0.91],
    ["vit", "accuracy", "test digits turned", 80, 3, 0.8],
    ["vit", "probability", 0, "", "", 0.25],
    ["vit", "probability", 1, "", "", 0.75],
    ["vit", "exact Shapley value for 1", "row 1, column 1", "", "", 1],
    ["vit", "exact Shapley value for 1", "row 1, column 2", "", "", -2],
    ["vit", "exact Shapley value for 1", "row 2, column 1", "", "", 0],
    ["vit", "exact Shapley value for 1", "row 2, column 2", "", "", 0.5],
  ]);
  assert.equal(raceTable([network], null).rows.length, 6);
});
