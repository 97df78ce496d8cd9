import assert from "node:assert/strict";
import test from "node:test";
import { curveText, endText, noAccountText, startText, termText } from "../../demo/tabs/why/account.js";
import { gapText, milliseconds, onePassText, scoreText, sumText, worth } from "../../demo/tabs/why/numbers.js";
import { sentences } from "../../demo/tabs/why/sets.js";
import { looksText, summarySentences } from "../../demo/tabs/why/summary.js";

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

test("values of one pass say how long they took and how far they are off", () => {
  assert.equal(
    onePassText({ ms: 3.96, error: 0.254 }),
    "Predicted in one pass, in 4.0 ms: typically off by 0.25 log-odds for a patch. The estimate follows.",
  );
});

test("the completeness gap is the exact difference minus the sum", () => {
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

test("frames that coincide are one", () => {
  const cls = { pool: "cls" };
  assert.match(looksText(cls, { attention: 3, value: 5 }), /^Where cls looks .* Dashed: its strongest patch; solid:/);
  assert.match(looksText(cls, { attention: 3, value: 3 }), / The frame: its strongest patch, which also has/);
  assert.match(looksText({ pool: "mean" }, null), /^Where all patches, on average, .* heads\.$/);
  assert.doesNotMatch(looksText(cls, { attention: null, value: null }), /frame|Dashed/);
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

test("the summary names both top patches and the agreement, as far as it is known", () => {
  const model = { grid_size: 4 },
    summary = { patches: 9, attention: 5, value: 5, by_value: 1, rank: 1, score: -0.25 };
  assert.equal(
    summarySentences(summary, model).join(" "),
    "Attention is strongest at row 2, column 2; this patch also has the largest value. " +
      "Over all patches: rank agreement 1.00, score −0.25 (0: a random order, 1: the best).",
  );
  assert.equal(
    summarySentences({ ...summary, value: 0, by_value: 3, score: null }, model).join(" "),
    "Attention is strongest at row 2, column 2, which is number 3 of 9 by value; the largest value is at row 1, " +
      "column 1. Over all patches: rank agreement 1.00.",
  );
  const nothing = ["No patch matters more than another here."];
  assert.deepEqual(summarySentences({ ...summary, rank: null, score: null }, model), nothing);
  const noInk = ["There is no ink that the answer could depend on."];
  assert.deepEqual(summarySentences({ ...summary, patches: 0 }, model), noInk);
});

const account = {
  start: -2.04,
  terms: [
    { patches: [6], value: 3.06 },
    { patches: [6, 9], value: -1.26 },
  ],
  curve: [
    { terms: 1, r_squared: 0.5 },
    { terms: 2, r_squared: 0.844 },
  ],
};

test("a term names its patch, or says how many patches count together", () => {
  assert.deepEqual(
    account.terms.map((term) => termText(term, 4)),
    ["The patch in row 2, column 3 alone gives +3.1.", "These 2 together give another −1.3."],
  );
});

test("the account's end is the sum of the numbers above it", () => {
  assert.equal(
    endText(account, { all: 0.5 }),
    "With all patches visible the account comes to −0.2, the model to +0.5.", // -2.0 + 3.1 - 1.3
  );
});

test("the account says how much it explains: with all its terms, and with fewer", () => {
  assert.match(startText(account, { readings: 1024 }, "7"), /of 7 starts at −2\.0 .* explains 84 % .* all 1,024 comb/);
  assert.equal(curveText(account), "1 term: R² 0.50; 2 terms: R² 0.84");
});

test("an answer without an account says why", () => {
  assert.match(
    noAccountText({ exact: false, maskable: [1, 2, 3], most: 2 }),
    /up to 2 patches; here 3 can be missing\.$/,
  );
  assert.match(noAccountText({ exact: true, maskable: [] }), /^No patch changes the answer/);
});
