import assert from "node:assert/strict";
import test from "node:test";
import { withPictures } from "../../demo/tabs/symbols/files.js";
import { learnOn } from "../../demo/tabs/symbols/lesson.js";
import { load, store } from "../../demo/tabs/symbols/storage.js";
import {
  asText,
  checkedName,
  drawingOn,
  isBlank,
  keysOf,
  merged,
  missingText,
  onSheet,
  parsed,
  withDrawings,
} from "../../demo/tabs/symbols/symbols.js";
import {
  countsOf,
  intervalText,
  methodText,
  othersText,
  picturesText,
  progressText,
  stateText,
  summaryText,
} from "../../demo/tabs/symbols/words.js";

const limits = {
  ...{ leastSymbols: 2, mostSymbols: 3, leastDrawings: 2, mostDrawings: 4, mostLetters: 5, mostPoints: 20 },
  ...{ mostBytes: 1e6, mostSent: 1e5 },
};
const drawing = (at) => ({
  strokes: [
    [
      [at, 10],
      [100, 200],
    ],
  ],
});
const two = [
  { name: "one", drawings: [drawing(1), drawing(2)] },
  { name: "two", drawings: [drawing(3)] },
];
const fileOf = (change) => JSON.stringify({ ...JSON.parse(asText(two)), ...change });
const withOne = (one) => fileOf({ symbols: [{ name: "one", drawings: [drawing(1), one] }] });

test("symbols as text are parsed again", () => {
  assert.deepEqual(parsed(asText(two), limits), two);
});

const bad = [
  ["{", /not JSON/],
  ["[1]", /no symbols that were exported here/],
  [fileOf({ version: 2 }), /version 2/],
  [fileOf({ symbols: 5 }), /no list of symbols/],
  [fileOf({ symbols: [null] }), /name of 1 to 5 characters/],
  [fileOf({ symbols: [{ name: "<img onerror=x>", drawings: [] }] }), /name of 1 to 5/],
  [fileOf({ symbols: [{ name: "a\u0000", drawings: [] }] }), /name of 1 to 5/],
  [fileOf({ symbols: [{ name: "one" }] }), /“one” has no list of drawings/],
  [fileOf({ symbols: [two[0], two[0]] }), /a symbol “one” already/],
  [fileOf({ symbols: ["a", "b", "c", "d"].map((name) => ({ name, drawings: [] })) }), /3 symbols are the most/],
  [fileOf({ symbols: [{ name: "one", drawings: [1, 2, 3, 4, 5].map(drawing) }] }), /4 drawings of a symbol/],
  [withOne(null), /Drawing 2 of “one” cannot be used: its strokes/],
  [withOne({ strokes: [[["a", 1]]] }), /its strokes must be lists/],
  [withOne({ strokes: [Array.from({ length: 21 }, (_, at) => [at, at])] }), /21 points, and at most 20/],
  [withOne({ strokes: [[[5, 5]]] }), /only a dot/],
  [withOne({ picture: { shape: [28, 28], type: "u8", data: "AA" } }), /no image of 28 by 28/],
];
test("text that has no symbols is refused in one sentence", () => {
  for (const [text, reason] of bad) assert.throws(() => parsed(text, limits), reason);
});

test("names of any script are names", () => {
  for (const name of ["٣", "ß", "👩\u200d🎓", "a b"]) assert.equal(checkedName(` ${name} `, two, limits), name);
});

test("what lies on a sheet is drawn by the visitor, or a picture", () => {
  const strokes = [
    [
      [1.23, 1, 5, 0.5],
      [1.3, 1.1, 10, 0.5],
      [50, 60, 20, 0.5],
    ],
  ];
  const kept = [
    [
      [1.2, 1],
      [50, 60],
    ],
  ];
  assert.deepEqual(drawingOn({ strokes, sample: null }), { strokes: kept });
  assert.deepEqual(drawingOn({ strokes: [], sample: null, picture: { image: "packed" } }), { picture: "packed" });
  for (const sheet of [null, { strokes: [], sample: null }, { strokes, sample: null, example: true }])
    assert.equal(drawingOn(sheet), null);
  assert.equal(drawingOn({ strokes: [], sample: { index: 3 } }), null);
  assert.equal(drawingOn({ ...onSheet({ strokes }), sample: null }), null); // it is there already
  assert.ok(isBlank({ strokes: [], sample: null }) && !isBlank({ strokes, sample: null }));
});

test("a drawing is not added twice, to no symbol", () => {
  assert.deepEqual(withDrawings(two, "two", [drawing(1), drawing(3)], limits), two);
  const more = withDrawings(two, "two", [drawing(5), drawing(5)], limits);
  assert.deepEqual(more[1].drawings, [drawing(3), drawing(5)]);
  assert.equal(two[1].drawings.length, 1);
});

test("imported symbols come to those of the same name", () => {
  const others = [
    { name: "two", drawings: [drawing(7)] },
    { name: "three", drawings: [drawing(8)] },
  ];
  const all = merged(two, others, limits);
  assert.deepEqual(
    all.map(({ name, drawings }) => [name, drawings.length]),
    [
      ["one", 2],
      ["two", 2],
      ["three", 1],
    ],
  );
  assert.throws(() => merged(all, [{ name: "four", drawings: [] }], limits), /3 symbols are the most/);
});

test("what is missing is said in one sentence", () => {
  assert.match(missingText([], limits), /name 2 symbols/);
  assert.match(missingText(two.slice(1), limits), /name 1 more symbol\./);
  assert.match(missingText(two, limits), /“two” needs 1 more drawing\./);
  const enough = withDrawings(two, "two", [drawing(9)], limits);
  assert.equal(missingText(enough, limits), "");
  assert.match(missingText(enough, { ...limits, mostSent: 50 }), /too large to be sent/);
});

const lesson = {
  ...{ model: "m", start: "s", names: ["one", "two"], interval: [0.3, 0.9], folds: 5 },
  read: { a: [0, 0], b: [0, 1], c: [1, 1] },
};

test("the outcome in words", () => {
  assert.deepEqual(countsOf(lesson), [
    { name: "one", right: 1, of: 2, others: { two: 1 } },
    { name: "two", right: 1, of: 1, others: {} },
  ]);
  assert.equal(summaryText(lesson), "Of 3 drawings, each left out once, 2 were read right");
  assert.match(methodText(lesson), /5-fold cross-validation: 5 copies/);
  assert.match(intervalText(lesson), /30 to 90 %/);
  assert.equal(othersText({ two: 1 }), "misread as: two × 1");
  assert.equal(othersText({}), "");
  assert.match(stateText(false, true), /changed the symbols/);
  assert.match(stateText(true, false), /Another model reads/);
  assert.equal(stateText(true, true), "");
  assert.equal(progressText({ done: 3, of: 9 }), "Learning, step 3 of 9");
  assert.match(progressText({ done: 0, of: 0 }), /^Preparing/);
  assert.equal(picturesText(1, []), "1 picture added.");
  assert.match(picturesText(2, ["x"]), /2 pictures added. 1 could not be used: x/);
});

test("what is stored is loaded again, and nothing invalid", () => {
  const items = new Map();
  globalThis.localStorage = { getItem: (key) => items.get(key) ?? null, setItem: (key, text) => items.set(key, text) };
  assert.deepEqual(load(limits), { symbols: [], lessons: [] });
  assert.ok(store(two, [lesson, { ...lesson, read: { a: [0, 7] } }, { model: 5 }, { ...lesson, names: "one" }]));
  assert.deepEqual(load(limits), { symbols: two, lessons: [lesson] });
  items.set("inkling-symbols", "{");
  assert.deepEqual(load(limits).symbols, []);
  globalThis.localStorage.setItem = () => {
    throw new Error("full");
  };
  assert.equal(store(two, []), false);
});

test("keys tell drawings and symbols apart", () => {
  const keys = keysOf([...two, { name: "three", drawings: [drawing(1)] }]);
  assert.equal(new Set(keys).size, 4);
  assert.deepEqual(keysOf(structuredClone(two)), keysOf(two));
});

const PICTURE = { shape: [28, 28], type: "u8", data: `${"A".repeat(1046)}==` };

test("pictures come to the symbols of their folders, and what cannot be used is said", () => {
  const read = [
    { folder: "cat", drawing: { picture: PICTURE } },
    { folder: "", drawing: { picture: PICTURE } },
    { folder: "dog", drawing: { picture: { ...PICTURE, data: "A" } } },
  ];
  const before = [{ name: "cat", drawings: [] }],
    { after, added, errors } = withPictures(before, read, "", limits);
  assert.deepEqual(after, [{ name: "cat", drawings: [{ picture: PICTURE }] }]);
  assert.equal(added, 1);
  assert.deepEqual(errors, ["Name a symbol first.", "it is no image of 28 by 28 pixels."]);
  assert.equal(withPictures(before, read.slice(2), "cat", limits).after, before);
});

test("where the model before is no longer stored, the shipped one learns, and nothing is lost", async () => {
  const symbols = [{ name: "cat", drawings: [{ picture: PICTURE }] }],
    asked = [];
  const outcome = { model: "new", start: "digits", names: ["cat"], labels: [0], read: [0], interval: [0, 1], folds: 5 };
  const server = {
    begin: async (payload) => {
      asked.push(payload);
      return payload.start ? { error: "It is gone.", expired: true } : { task: "t", done: 0, of: 0 };
    },
    look: async () => outcome,
  };
  let told = 0;
  const expired = () => told++,
    lesson = await learnOn(server, { start: "own", before: "own", symbols }, { progress: () => {}, expired });
  assert.deepEqual(asked, [
    { start: "own", before: "own", symbols },
    { start: null, before: null, symbols },
  ]);
  assert.equal(told, 1);
  assert.deepEqual([lesson.model, lesson.start, Object.keys(lesson.read)], ["new", "digits", keysOf(symbols)]);
});
