import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { bytesIn, newReader, newWriter, textOf } from "../../demo/links/bytes.js";
import { DamagedError, decode, encode, MOST } from "../../demo/links/codec.js";
import { inkText, strokesIn, thinnedInk } from "../../demo/links/ink.js";
import { extent, thin } from "../../demo/links/thin.js";
import { distance } from "../../demo/shared_column/pad/strokes.js";

const examples = JSON.parse(readFileSync(new URL("../../assets/examples.json", import.meta.url)));

/* Mulberry32: the same random numbers in each run. */
const newRandom = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const tenth = (value) => Math.round(value * 10) / 10;

/* A random pen path on the sheet, as the pad records it. */
const wander = (random, length, time) => {
  let [x, y, at, direction] = [280 * random(), 280 * random(), time, 6.3 * random()];
  return Array.from({ length }, () => {
    direction += 2 * (random() - 0.5);
    x = Math.min(Math.max(x + 4 * Math.cos(direction), 0), 280);
    y = Math.min(Math.max(y + 4 * Math.sin(direction), 0), 280);
    at += Math.round(5 + 20 * random() + (random() < 0.02 ? 400 : 0));
    return [tenth(x), tenth(y), at, 0.5];
  });
};

const randomDrawing = (random, most) => {
  let time = 0;
  return Array.from({ length: 1 + Math.floor(5 * random()) }, () => {
    const stroke = wander(random, 1 + Math.floor(most * random()), time);
    time = stroke.at(-1)[2] + 300;
    return stroke;
  });
};

/* The largest distance from a point of `strokes` to the lines of the stroke with the same number in `others`. */
const gap = (strokes, others) =>
  Math.max(
    ...strokes.flatMap((points, index) =>
      points.map((point) =>
        Math.min(...others[index].map((to, at) => distance(point, others[index][Math.max(at - 1, 0)], to))),
      ),
    ),
  );

test("whole numbers are restored, large and negative ones too", () => {
  const numbers = [0, 1, -1, 63, 64, -64, -65, 127, 128, 300, -8191, 8192, 20000, 123456789, -987654321, 2 ** 32];
  const writer = newWriter();
  for (const number of numbers) writer.signed(number);
  for (const number of numbers.filter((number) => number >= 0)) writer.unsigned(number);
  const reader = newReader(writer.bytes);
  assert.deepEqual(
    numbers.map(() => reader.signed()),
    numbers,
  );
  for (const number of numbers.filter((number) => number >= 0)) assert.equal(reader.unsigned(), number);
  assert.ok(reader.ended());
  assert.throws(() => reader.unsigned(), DamagedError);
});

test("the text is base64url as Node writes it, with a checksum at its end", () => {
  const random = newRandom(1);
  for (let length = 1; length < 40; length++) {
    const bytes = Array.from({ length }, () => Math.floor(256 * random()));
    const text = textOf(bytes);
    assert.deepEqual(bytesIn(text), bytes);
    assert.deepEqual([...Buffer.from(text, "base64url")].slice(0, -2), bytes);
    assert.equal(Buffer.from(text, "base64url").toString("base64url"), text);
  }
  assert.equal(
    Buffer.from(textOf([..."123456789"].map((c) => c.charCodeAt(0))), "base64url").toString("hex", 9),
    "29b1",
  );
});

test("a random drawing is restored within half a step of its grid, with its times", () => {
  const random = newRandom(2);
  for (let round = 0; round < 200; round++) {
    const drawing = randomDrawing(random, 60);
    const back = strokesIn(inkText(drawing));
    const step = Math.max(0.1, Math.ceil((10 * extent(drawing)) / 600) / 10);
    assert.deepEqual(
      back.map((points) => points.length),
      drawing.map((points) => points.length),
    );
    for (const [index, points] of drawing.entries())
      for (const [at, [x, y, time, pressure]] of points.entries()) {
        const [x2, y2, time2, pressure2] = back[index][at];
        assert.ok(Math.abs(x - x2) <= step / 2 + 0.051 && Math.abs(y - y2) <= step / 2 + 0.051);
        assert.ok(Math.abs(time - time2) <= 5);
        assert.equal(pressure2, pressure);
      }
  }
});

test("points without times get none, and times never decrease", () => {
  const plain = [
    [
      [1, 2],
      [30.5, 40],
    ],
    [[5, 5]],
  ];
  assert.deepEqual(strokesIn(inkText(plain)), plain);
  const times = strokesIn(thinnedInk(randomDrawing(newRandom(3), 300), 1500))
    .flat()
    .map(([, , time]) => time);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test("thinning keeps the ends, and no point is farther away than the tolerance", () => {
  const random = newRandom(4);
  for (let round = 0; round < 100; round++) {
    const [points] = randomDrawing(random, 200),
      units = 0.2 + 3 * random();
    const thinner = thin(points, units, 50);
    assert.deepEqual([thinner[0], thinner.at(-1)], [points[0], points.at(-1)]);
    assert.ok(thinner.every((point) => points.includes(point)));
    assert.ok(gap([points], [thinner]) <= units);
    assert.ok(thin(points, 2 * units, 100).length <= thinner.length + 2);
  }
});

test("a straight line needs two points, but a pause in it stays", () => {
  const line = Array.from({ length: 50 }, (_, at) => [50 + 4 * at, 100, 10 * at, 0.5]);
  assert.equal(thin(line, 0.5, 30).length, 2);
  const pause = line.map(([x, y, time, pressure], at) => [x, y, time + (at > 20 ? 500 : 0), pressure]);
  const left = thin(pause, 0.5, 30);
  assert.ok(left.includes(pause[20]) && left.includes(pause[21]) && left.length <= 4);
});

test("each example takes less than 400 characters and lies within a tenth of a model's pixel", () => {
  for (const { strokes } of examples) {
    const text = thinnedInk(strokes, 1800);
    assert.ok(text.length < 400, `${text.length} characters`);
    assert.ok(gap(strokes, strokesIn(text)) < 0.1 * (extent(strokes) / 20));
  }
});

test("a drawing that is much too long is thinned until it fits, or left out with a message", () => {
  const random = newRandom(5);
  const long = [wander(random, 1500, 0)];
  const { hash, left } = encode({ view: "attention", sheet: { strokes: long } }, 1900);
  assert.ok(!left && hash.length <= 1900 && hash.length > 900);
  assert.ok(gap(long, decode(hash).sheet.strokes) <= 0.021 * extent(long) + 1);
  const dots = Array.from({ length: 900 }, (_, at) => [[280 * random(), 280 * random(), at, 0.5]]);
  const without = encode({ view: "attention", sheet: { strokes: dots } }, 1900);
  assert.deepEqual(without, { hash: "view=attention", left: true });
});

const WHOLE = {
  view: "what_if",
  sheet: { example: 7 },
  model: "digits-7x7",
  layer: 2,
  head: 0,
  token: 12,
  digit: 1,
  compare: "digits-4x4",
  missing: "unseen",
  lang: "zh-CN",
  training: "0123456789abcdef0123456789abcdef",
  challenge: { name: "least-ink", result: "12.5" },
  lesson: { title: "¿Qué ve? 100 % & more = 字", views: ["what_if", "why"], controls: false, tour: "reads" },
};

test("the whole state is restored, and a link has it in words that people can change", () => {
  const { hash, left } = encode(WHOLE);
  assert.ok(!left);
  assert.match(hash, /^[\w.~!*'()%=&,:-]+$/);
  assert.deepEqual(decode(`#${hash}`), WHOLE);
  assert.ok(
    hash.startsWith("view=what_if&model=digits-7x7&compare=digits-4x4&layer=3&head=1&patch=12&digit=1&missing=unseen"),
  );
  assert.deepEqual(decode("head=mean&patch=cls&layer=1&sheet=blank"), {
    head: -1,
    token: 0,
    layer: 0,
    sheet: { strokes: [] },
  });
  assert.deepEqual(decode("sheet=mnist-9999"), { sheet: { sample: 9999 } });
  assert.deepEqual(decode(""), {});
  assert.deepEqual(encode({}), { hash: "", left: false });
});

test("random states are restored", () => {
  const random = newRandom(6);
  const maybe = (value) => (random() < 0.5 ? { ...value } : {});
  for (let round = 0; round < 300; round++) {
    const below = (most) => Math.floor(most * random());
    const state = {
      ...maybe({ view: ["overview", "cut", "train"][below(3)] }),
      ...maybe({ sheet: { sample: below(10000) } }),
      ...maybe({ layer: below(12) }),
      ...maybe({ head: below(9) - 1 }),
      ...maybe({ token: below(785) }),
      ...maybe({ digit: below(47) }),
      ...maybe({ missing: ["erased", "unseen"][below(2)] }),
      ...maybe({ challenge: { name: `c${below(9)}`, result: `${below(99)}.${below(9)}` } }),
      ...maybe({ lesson: { title: "T".repeat(below(60)), views: ["why", "train"], controls: true, tour: null } }),
    };
    assert.deepEqual(decode(encode(state).hash), state);
  }
});

test("fields that a later version adds are skipped", () => {
  assert.deepEqual(decode("view=why&colour=blue&x"), { view: "why" });
});

const HASH = encode({ view: "why", sheet: { strokes: examples[0].strokes } }).hash;

test("a cut-off drawing is refused", () => {
  for (let length = HASH.indexOf("ink1-") + 5; length < HASH.length; length++)
    assert.throws(() => decode(HASH.slice(0, length)), DamagedError);
});

test("a drawing with one wrong letter is refused", () => {
  for (let at = HASH.indexOf("ink1-") + 5; at < HASH.length; at++) {
    const wrong = HASH[at] === "A" ? "B" : "A",
      text = `${HASH.slice(0, at)}${wrong}${HASH.slice(at + 1)}`;
    let back = null;
    try {
      back = decode(text);
    } catch (error) {
      assert.ok(error instanceof DamagedError);
    }
    if (back) assert.deepEqual(back, decode(HASH)); // the last letter's lowest bits are unused
  }
});

for (const hash of [
  "view=",
  "view=<b>",
  "sheet=",
  "sheet=ink1-",
  "sheet=ink2-AAAA",
  "sheet=example-x",
  "sheet=mnist--1",
  "layer=0",
  "layer=1.5",
  "head=first",
  "patch=0",
  "digit=-1",
  "missing=gone",
  "lang=DE",
  "training=../../etc",
  "challenge=least-ink",
  "challenge=a:b:c",
  "lesson=L",
  "lesson=%E0%A4&views=why",
  `lesson=${"T".repeat(61)}&views=why`,
  "views=,",
  "controls=maybe",
])
  test(`"${hash.slice(0, 30)}" is damaged`, () => {
    assert.throws(() => decode(hash), DamagedError);
  });

test("a drawing off the sheet, or of too many points, is damaged", () => {
  const off = (numbers) => {
    const { bytes, unsigned } = newWriter();
    for (const number of numbers) unsigned(number);
    return `sheet=ink1-${textOf(bytes)}`;
  };
  assert.deepEqual(decode(off([0, 10, 1, 1, 50, 20, 30])).sheet.strokes, [[[10, 15]]]);
  assert.throws(() => decode(off([0, 10, 1, 1, 50, 1, 30])), DamagedError); // x is -1
  assert.throws(() => decode(off([0, 10, 1, 1, 50, 600, 30])), DamagedError); // x is 300
  assert.throws(() => decode(off([0, 10, 1, 20001, 50])), DamagedError);
  assert.throws(() => decode(off([0, 10, 2 ** 31])), DamagedError);
  assert.throws(() => decode(off([0, 10, 1, 1, 50, 20, 30, 7])), DamagedError);
});

test("a link has at most 2,000 characters", () => assert.equal(MOST, 2000));
