import assert from "node:assert/strict";
import test from "node:test";
import { nearest, nearestInWords, originInWords, trustInWords } from "../../demo/tabs/layers/sentences.js";

test("the nearest dots are found by their distance", () => {
  const spots = [
    [0, 0],
    [10, 0],
    [0, 3],
    [50, 50],
  ];
  assert.deepEqual(nearest([7, 1, 2, 9], spots, [0, 1], 3), [7, 2, 1]);
});

test("the sentence counts the digits, the most frequent first, or says that all are the same", () => {
  assert.match(
    nearestInWords(2, "After layer 2 of 3", [4, 9, 9]),
    /^After layer 2 of 3, .* are 9 \(2 of them\), 4 \(1 of them\)\.$/,
  );
  assert.match(nearestInWords(3, "After layer 3 of 3", [5, 5]), /the 2 dots nearest .* are all 5s\.$/);
  assert.match(nearestInWords(0, "", []), /^Before the first layer there is one dot/);
});

test("the note on the map has the figures of the layer, and there is none before the first layer", () => {
  const figures = { flat: [0.5, 0.75], full: [0.6, 0.9], images: 1000 };
  assert.match(trustInWords(2, figures, 96), /75\.0 % of 1,000 test digits .* 90\.0 % in all 96 dimensions/);
  assert.equal(trustInWords(0, figures, 96), "");
});

test("a map that is stored names its network, another its principal components", () => {
  assert.match(originInWords({ stored: true, labels: new Array(1000).fill(0) }), /1,000 test digits.*t-SNE/);
  assert.match(originInWords({ stored: false, labels: [1, 2] }), /2 test digits.*principal components/);
});
