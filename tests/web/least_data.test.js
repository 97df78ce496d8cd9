import assert from "node:assert/strict";
import { test } from "node:test";
import { isBetter, leastDataScore, leastDataText, TARGET } from "../../demo/web/least_data.js";

const run = (images, test_accuracy, dataset = "mnist") => ({ images, test_accuracy, dataset });

test("a run counts when it was measured on the test digits of MNIST", () => {
  assert.deepEqual(leastDataScore(run(4000, 0.981)), { images: 4000, accuracy: 0.981, reached: true });
  assert.equal(leastDataScore(run(4000, TARGET)).reached, true);
  assert.equal(leastDataScore(run(4000, 0.9799)).reached, false);
  for (const none of [run(4000, null), run(0, 0.99), run(4000, 0.99, "fashion-mnist")])
    assert.equal(leastDataScore(none), null);
});

test("fewer images are better once 98 % are reached, and a higher accuracy before", () => {
  const [few, many, low, lower] = [run(3000, 0.981), run(9000, 0.99), run(500, 0.97), run(100, 0.93)].map(
    leastDataScore,
  );
  assert.deepEqual(
    [low, lower, many, few].sort((one, other) => (isBetter(one, other) ? -1 : 1)),
    [few, many, low, lower],
  );
  assert.equal(isBetter(few, few), false);
});

test("a score is described, and is never rounded up to the target", () => {
  assert.equal(
    leastDataText(leastDataScore(run(5000, 0.9812))),
    "Least data: 98.12 % of the test digits from 5,000 training images. Can you do it with fewer?",
  );
  assert.equal(
    leastDataText(leastDataScore(run(1000, 0.97999))),
    "Least data: 97.99 % of the test digits from 1,000 training images. The challenge asks for 98 %.",
  );
});
