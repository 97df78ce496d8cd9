import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { CONDITIONS, isMet } from "../../demo/tours/conditions.js";
import { bestPatch, fill, mostAttended, mostOverrated } from "../../demo/tours/facts.js";
import { overlap, placeCard } from "../../demo/tours/placement.js";
import { newProgress } from "../../demo/tours/progress.js";

const folder = new URL("../../demo/tours/", import.meta.url);
const tours = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")));

const pen = [[[1, 2, 0, 0.5]]];
const reading = (strokes, digit = 4, share = 0.9) => ({
  whole: true,
  source: { strokes, model: "shipped" },
  digit,
  probs: Array.from({ length: 10 }, (_, at) => (at === digit ? share : (1 - share) / 9)),
  in_distribution: true,
  model: { depth: 4 },
});
const now = (page) => ({ dids: [], explained: null, ...page });
const met = (until, page, start = {}) => isMet(until, now(page), now(start));

test("a drawing counts if it was made by hand after the step began", () => {
  const until = { condition: "drawn", digits: [4] },
    sheet = { strokes: pen, sample: null };
  assert.ok(met(until, { sheet, reading: reading(pen) }));
  assert.ok(!met(until, { sheet, reading: reading(pen) }, { sheet }), "it was there before");
  assert.ok(met({ ...until, earlier: true }, { sheet, reading: reading(pen) }, { sheet }));
  assert.ok(!met(until, { sheet, reading: reading(pen, 7) }), "another digit");
  assert.ok(!met(until, { sheet, reading: { ...reading(pen), whole: false } }), "the pen is down");
  assert.ok(!met(until, { sheet, reading: reading([[[9, 9, 0, 0.5]]]) }), "the reading is of an older drawing");
  for (const other of [{ example: true }, { sample: { index: 1 } }, { picture: {} }])
    assert.ok(!met(until, { sheet: { ...sheet, ...other }, reading: reading(pen) }), "no hand drew it");
  assert.ok(!met({ ...until, above: 0.95 }, { sheet, reading: reading(pen) }));
  assert.ok(met({ ...until, below: 0.95 }, { sheet, reading: reading(pen) }));
});

test("a choice counts if it was made after the step began", () => {
  const until = { condition: "chosen", head: "one", layer: "last" },
    before = { token: null, layer: 3, head: 2, digit: null },
    page = { chosen: { ...before }, reading: reading(pen) };
  assert.ok(met(until, page, { chosen: before }));
  assert.ok(!met(until, { ...page, chosen: before }, { chosen: before }));
  assert.ok(!met(until, { ...page, chosen: { ...before, head: -1 } }, { chosen: before }), "the mean is no head");
  assert.ok(!met(until, { ...page, chosen: { ...before, layer: 1 } }, { chosen: before }));
  const patch = { condition: "chosen", token: "patch" };
  assert.ok(met(patch, { chosen: { ...before, token: 3 } }, { chosen: before }));
  assert.ok(!met(patch, { chosen: { ...before, token: 0 } }, { chosen: before }), "cls is no patch");
});

/* Patch 1 has the largest value, patch 2 the most attention. Patch 9 has no ink, so it does not count. */
const explained = {
  values: [0, 3.14, 0.5, -1, 0, 0, 0, 0, 0, 9],
  attention: [0, 0.2, 0.5, 0.1, 0, 0, 0, 0, 0, 0.9],
  patches: [1, 2, 3],
  exact: true,
  rank: 0.5,
  grid_size: 4,
};

test("best, attended and overrated patches are those with ink", () => {
  const page = now({ explained });
  assert.deepEqual([bestPatch(page), mostAttended(page), mostOverrated(page)], [1, 2, 2]);
  const agreeing = { ...explained, attention: explained.values };
  assert.equal(mostOverrated(now({ explained: agreeing })), null);
  for (const none of [bestPatch, mostAttended, mostOverrated]) assert.equal(none(now({})), null);
  assert.ok(met({ condition: "chosen", token: "best" }, { explained, chosen: { token: 2 } }));
  assert.ok(!met({ condition: "chosen", token: "best" }, { explained, chosen: { token: 3 } }));
});

test("a patch counts as erased if the last change erased it", () => {
  const erased = (...lists) => ({ explained, dids: lists.map((list) => ({ what: "changed", erased: list })) });
  const best = { condition: "erased", patch: "best" };
  assert.ok(met(best, erased([3], [3, 1])));
  assert.ok(!met({ ...best, alone: true }, erased([3], [3, 1])));
  assert.ok(!met(best, erased([1], [])), "it was undone");
  assert.ok(!met(best, erased([3])));
  assert.ok(met(best, { ...erased([3]), explained: null }), "no value is known: any patch");
});

test("the conditions of a training: it learns, it ends, its model reads", () => {
  const at = (name) => ({ condition: "training", at: name }),
    learning = { id: "a", state: "running", step: 5, can_use: false },
    ended = { ...learning, state: "stopped", can_use: true };
  assert.ok(met(at("learning"), { training: learning }));
  const waiting = { ...learning, state: "waiting", step: 0 };
  assert.ok(!met(at("learning"), { training: waiting }));
  assert.ok(met(at("started"), { training: waiting }));
  assert.ok(!met(at("started"), { training: ended }, { training: ended }), "one that ended before");
  assert.ok(!met(at("learning"), { training: ended }, { training: ended }), "one that ended before");
  assert.ok(met(at("ended"), { training: ended }));
  assert.ok(!met(at("ended"), { training: { ...ended, state: "failed", can_use: false } }));
  assert.ok(!met(at("another"), { training: learning }, { training: learning }));
  assert.ok(met(at("another"), { training: { ...learning, id: "b" } }, { training: learning }));
  const own = { ...reading(pen), source: { strokes: pen, model: "a" } };
  assert.ok(met({ condition: "read_by", own: true }, { training: ended, reading: own }));
  assert.ok(!met({ condition: "read_by", own: true }, { training: ended, reading: reading(pen) }));
  assert.ok(met({ condition: "read_by", own: false }, { training: ended, reading: reading(pen) }));
});

test("the other conditions", () => {
  assert.ok(met({ condition: "opened", view: "why" }, { opened: "why" }));
  assert.ok(!met({ condition: "opened", view: "why" }, { opened: "layers" }));
  const until = { condition: "did", what: "layer_shown", layer: 0 };
  assert.ok(met(until, { dids: [{ what: "layer_shown", layer: 0, last: false }, { what: "changed" }] }));
  assert.ok(!met(until, { dids: [{ what: "layer_shown", layer: 2 }] }));
  assert.ok(!met({ condition: "next" }, {}));
});

test("texts contain facts of the drawing, and general words as long as these are not known", () => {
  assert.equal(fill("Click {best}.", now({ explained })), "Click row 1, column 2.");
  assert.equal(fill("Worth {worth}.", now({ explained })), "Worth +3.1.");
  assert.equal(fill("{read}", now({ reading: reading(pen, 4, 0.972) })), "4, 97.2 %");
  assert.match(fill("{agreement}", now({ explained })), /exact values: 0\.50 .*rough guide/);
  assert.match(fill("{agreement}", now({ explained: { ...explained, rank: -0.25 } })), /−0\.25 .*no explanation/);
  assert.match(fill("{agreement}", now({ explained: { ...explained, exact: false } })), /estimated values/);
  const change = {
    what: "changed",
    erased: [1],
    before: { digit: 4, share: 0.9 },
    now: { digit: 9, share: 0.5, known: true },
  };
  assert.equal(fill("{without}", now({ dids: [change] })), "Before: 4 (90.0 %). Without it: 9 (50.0 %)");
  const clear = { ...change, now: { ...change.before, share: 0.899, known: true } };
  assert.equal(
    fill("{without}", now({ dids: [clear], explained: { ...explained, all: 2, alone: [0, 0.44] } })),
    "Before: 4 (90.0 %). Without it: 4 (89.9 %). Log-odds of 4: +2.0 before, +1.6 without it. " +
      "The other patches are enough for this answer",
  );
  assert.equal(
    fill("{without}", now({ dids: [{ ...clear, erased: [1, 2] }], explained: { ...explained, all: 2, alone: [] } })),
    "Before: 4 (90.0 %). Without it: 4 (89.9 %). The other patches are enough for this answer",
  );
  const strange = { ...change, now: { ...change.now, known: false } };
  assert.match(fill("{without}", now({ dids: [strange] })), /9 \(50\.0 %\), but probably not a digit$/);
  assert.equal(
    fill("{same}", now({ explained })),
    "Dashed frame: most attention, row 1, column 3. Solid frame: largest value. In your drawing, they differ",
  );
  for (const { steps } of tours)
    for (const { words, then = "" } of steps)
      for (const page of [now({}), now({ explained })])
        assert.doesNotMatch(fill(words + then, page), /[{}]|undefined|null/);
});

test("the visitor's guess is compared with the values", () => {
  const guessed = (guess) => fill("{guess}", now({ explained, guess }));
  assert.equal(guessed(1), "You guessed this patch");
  assert.equal(guessed(3), "Your guess, row 1, column 4, is number 3 of 3, with −1.0");
  assert.equal(guessed(9), "Your guess, row 3, column 2, has no ink, so it is worth nothing");
  assert.equal(guessed(null), "Compare it with your guess");
});

test("texts with their facts have at most 40 words", () => {
  const told = { ...explained, all: 2, alone: [0, 0.44] };
  const change = {
    what: "changed",
    erased: [1],
    before: { digit: 4, share: 0.9 },
    now: { digit: 9, share: 0.5, known: true },
  };
  for (const { steps } of tours)
    for (const { words, then } of steps)
      for (const page of [now({}), now({ explained: told, guess: 3, dids: [change], reading: reading(pen) })])
        for (const text of [words, then ?? ""]) {
          const count = fill(text, page).split(/\s+/).length;
          assert.ok(count <= 40, `${count}: ${fill(text, page)}`);
        }
});

test("each condition of a tour can be evaluated on an empty page", () => {
  for (const { steps } of tours)
    for (const { until } of steps) {
      assert.ok(until.condition in CONDITIONS, until.condition);
      assert.equal(met(until, {}), false);
    }
});

test("the card covers neither its target nor the sheet where there is room, and stays in the window", () => {
  const card = { width: 320, height: 170 },
    view = { width: 1280, height: 650 },
    sheet = { left: 20, top: 60, right: 270, bottom: 310 };
  const targets = [
    sheet,
    { left: 460, top: 60, right: 560, bottom: 110 },
    { left: 460, top: 120, right: 800, bottom: 500 },
    { left: 900, top: 300, right: 1270, bottom: 640 },
  ];
  for (const target of targets) {
    const box = placeCard(target, card, view, [sheet]);
    assert.equal(overlap(box, target), 0);
    assert.equal(overlap(box, sheet), 0);
    assert.ok(box.left >= 0 && box.top >= 0 && box.right <= view.width && box.bottom <= view.height);
  }
  const whole = { left: 0, top: 0, right: 1280, bottom: 650 },
    over = placeCard(whole, card, view, []);
  assert.ok(over.left >= 0 && over.bottom <= view.height);
});

const withStorage = (storage, run) => {
  const names = ["localStorage", "sessionStorage"],
    before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  for (const name of names) Object.defineProperty(globalThis, name, { configurable: true, ...storage(name) });
  try {
    run();
  } finally {
    names.forEach((name, at) => {
      if (before[at]) Object.defineProperty(globalThis, name, before[at]);
      else delete globalThis[name];
    });
  }
};

test("progress is stored, and the tours also work without storage", () => {
  const stores = { localStorage: new Map(), sessionStorage: new Map() };
  const storage = (name) => ({
    value: { getItem: (key) => stores[name].get(key) ?? null, setItem: (key, value) => stores[name].set(key, value) },
  });
  const refused = () => ({
    get: () => {
      throw new Error("refused");
    },
  });
  withStorage(storage, () => {
    newProgress().reach("one", 3);
    assert.deepEqual([newProgress().reached("one"), newProgress().running()], [3, "one"]);
    newProgress().finish("one");
    const after = newProgress();
    assert.deepEqual([after.reached("one"), after.isDone("one"), after.running()], [0, true, null]);
    stores.localStorage.set("inkling-tours", '{"reached":{"one":"x","two":-1},"done":"no"}');
    assert.deepEqual(
      [newProgress().reached("one"), newProgress().reached("two"), newProgress().isDone("no")],
      [0, 0, false],
    );
  });
  withStorage(refused, () => {
    const progress = newProgress();
    progress.reach("one", 2);
    assert.deepEqual([progress.reached("one"), progress.running()], [2, null]);
  });
});
