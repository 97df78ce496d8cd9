import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyWords, drawingWords, ofAHundred, testWords } from "../../demo/tabs/train/result/words.js";

const names = [..."0123456789"];

test("a share in whole numbers is never rounded up to 100", () => {
  assert.deepEqual([0, 0.119, 0.972, 1].map(ofAHundred), ["0 of 100", "12 of 100", "97 of 100", "100 of 100"]);
  assert.equal(ofAHundred(0.9968), "997 of 1,000");
  assert.equal(ofAHundred(0.9998), "all but a few");
});

test("the accuracy comes first, and a low one is called low", () => {
  const words = (accuracy) =>
    accuracyWords({
      val: [
        [10, 1, 0.5],
        [20, 1, accuracy],
      ],
      names,
      images: 8000,
    });
  assert.equal(words(0.972), "It reads 97 of 100 validation images right, after learning from 8,000 images.");
  assert.match(words(0.7), /^It reads only 70 of 100 .* images\.$/);
  assert.match(words(0.12), /^It reads only 12 of 100 .* Guessing alone gives 10 of 100\.$/);
  assert.match(accuracyWords({ val: [], names, images: 8000 }), /no validation accuracy/);
});

test("test images have an interval, and there is no text before they are read", () => {
  assert.match(
    testWords({ test_accuracy: 0.9672, test_interval: [0.9635, 0.9705] }),
    /96\.72 % right .*96\.35 % to 97\.05 %/,
  );
  assert.equal(testWords({ test_accuracy: null, test_interval: null }), "");
});

test("the drawing is read by the classes' names", () => {
  const reading = { probs: [0.1, 0.9], digit: 1, names: ["cat", "dog"] };
  assert.equal(drawingWords(reading), "It reads your drawing as dog, 90.0 % sure.");
});
