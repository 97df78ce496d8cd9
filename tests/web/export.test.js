import assert from "node:assert/strict";
import test from "node:test";
import { newReadings } from "../../demo/web/answers/readings.js";
import { cutsOf, pathOf } from "../../demo/web/answers/when.js";
import { interaction, lowestOrder, shapleyValues } from "../../demo/web/engine/subsets.js";

/* A game in which patch i adds `worth[i]` to the log-odds, whatever else is visible. */
const additive = (worth) => ({
  maskable: worth.map((_, at) => at),
  logits: (visible) =>
    Float32Array.of(
      worth.reduce((sum, value, at) => sum + (visible[at] ? value : 0), 0),
      0,
    ),
});

const finished = async (ask) => {
  for (;;) {
    const answer = ask();
    if (answer.done === undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve));
  }
};

const breathe = () => new Promise((resolve) => setImmediate(resolve));

test("of many patches the values are estimated: exact, without error, where no patch depends on another", async () => {
  const worth = Array.from({ length: 16 }, (_, at) => (at - 6) / 4),
    masked = additive(worth),
    ask = newReadings(),
    answer = await finished(() => ask("a drawing", masked, 0, async () => {}));
  assert.equal(answer.readings, 2 * 24 * 17);
  for (const [at, value] of worth.entries()) {
    assert.ok(Math.abs(answer.values[at] - value) < 1e-5);
    assert.ok(answer.errors[at] < 1e-5);
  }
});

test("of few patches all subsets are read, once for all classes; another question drops a reading that goes on", async () => {
  const ask = newReadings(),
    first = () => ask("first", additive([1, 2, 3]), 0, breathe),
    second = () => ask("second", additive([4, 5]), 0, breathe);
  assert.equal(first().of, 8);
  assert.equal(second().of, 4);
  assert.deepEqual(
    (await finished(second)).table.map(([logit]) => logit),
    [0, 4, 5, 9],
  );
  assert.equal((await finished(first)).table.length, 8);
  assert.equal(ask("first", additive([1, 2, 3]), 1, breathe).table.length, 8);
});

test("Shapley values, interactions and the lowest order of two patches that need each other", () => {
  const values = Float64Array.of(0, 0, 0, 6, 1, 1, 1, 7); // patches 0 and 1 together 6, patch 2 alone 1
  assert.deepEqual([...shapleyValues(values)], [3, 3, 1]);
  assert.equal(interaction(values, 0, 1), 6);
  assert.equal(interaction(values, 0, 2), 0);
  assert.notEqual(lowestOrder(values).at(-1), 2); // the pair is complete as late as possible
});

test("the path of a pen: the way between strokes does not count, dots count the same", () => {
  const { share, times } = pathOf([
    [
      [0, 0, 5],
      [30, 40, 9],
    ],
    [
      [100, 0, 20],
      [100, 50, 30],
    ],
  ]);
  assert.deepEqual(share, [0, 0.5, 0.5, 1]);
  assert.deepEqual(times, [5, 9, 20, 30]);
  const dots = pathOf([[[1, 1]], [[9, 9]], [[5, 5]]]);
  assert.deepEqual(dots.share, [0, 0.5, 1]);
  assert.equal(dots.times, null);
  assert.deepEqual(cutsOf(dots), [1, 2, 3]);
});
