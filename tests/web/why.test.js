import assert from "node:assert/strict";
import test from "node:test";
import { gapText, milliseconds, scoreText, sumText, worth } from "../../demo/tabs/why/numbers.js";
import { sentences } from "../../demo/tabs/why/sets.js";

const exact = {
  exact: true,
  map: [1.26, -0.04],
  errors: null,
  maskable: [0, 1],
  none: -1.04,
  all: 0.16,
  readings: 4,
  ms: 3,
};
const estimated = { ...exact, exact: false, errors: [0.125, 0.5], maskable: [0] };

test("exact values have one decimal, estimates two and their standard error", () => {
  assert.equal(worth(exact, 0), "+1.3");
  assert.equal(worth(estimated, 0), "+1.26 ± 0.13");
  assert.equal(worth(estimated, 1), "−0.04"); // a patch that is not maskable has no error
});

test("the sum is the difference of the two rounded numbers beside it", () => {
  assert.match(
    sumText(exact),
    /^The patches add up to \+1\.2: from −1\.0 with none to \+0\.2 with all\. 4 readings, 3 ms\./,
  );
  assert.match(sumText(estimated), /\+1\.20: from −1\.04 with none to \+0\.16 .* standard error/);
});

test("a gap is what the sum lacks of what it should be", () => {
  assert.equal(gapText([1, -0.5], -0.25), "Adds up to 0.50 log-odds; it should be 0.25, a gap of 0.25.");
  assert.equal(gapText([1], null), "");
});

test("a score is the mean of deletion and insertion, or else the rank agreement", () => {
  assert.deepEqual(scoreText({ deletion: 0.5, insertion: -1, rank: 0.9 }), {
    text: "score −0.25",
    title: "deletion 0.50, insertion −1.00",
  });
  assert.equal(scoreText({ deletion: null, insertion: null, rank: 0.9 }).text, "rank agreement 0.90");
  assert.equal(scoreText({ deletion: null, insertion: null, rank: null }).text, "no score here");
});

test("short times have a decimal", () => {
  assert.deepEqual([0.44, 9.96, 12.3].map(milliseconds), ["0.4 ms", "10 ms", "12 ms"]);
});

test("sets of patches become sentences with their patches", () => {
  const pair = { patches: [1, 2], strength: 0.25 };
  assert.deepEqual(sentences({ suffices: [3], flips: [1, 2], pair }, "7", "erased"), [
    { patches: [3], text: "This patch alone is enough for 7." },
    { patches: [1, 2], text: "With these 2 erased it is no longer 7." },
    { patches: [1, 2], text: "These two add more together than each alone (interaction +0.3)." },
  ]);
  const none = sentences({ suffices: [], flips: null, pair: { ...pair, strength: -1 } }, "7", "unseen");
  assert.equal(none[0].text, "No patch is needed: with all unseen the model says 7 too.");
  assert.match(none[1].text, /can replace each other \(interaction −1\.0\)/);
  assert.deepEqual(sentences({ suffices: null, flips: [], pair: null }, "7", "erased"), []);
});
