import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { bibtex, modelLine, WORK } from "../../demo/web/figure/citation.js";
import { csv } from "../../demo/web/figure/csv.js";
import { flow, layout, MARGIN } from "../../demo/web/figure/layout.js";
import { withResolution } from "../../demo/web/figure/png.js";
import { parted } from "../../demo/web/figure/portable.js";
import { shorten, wrap } from "../../demo/web/figure/text.js";

const measure = (text, { size }) => 0.5 * size * [...text].length; // all letters are equally wide
const STYLE = { size: 10 }; // a letter is 5 units wide

test("a paragraph breaks between words, and a word only where it is wider than a line", () => {
  assert.deepEqual(wrap("one two three", 35, STYLE, measure), ["one two", "three"]);
  assert.deepEqual(wrap("a Pneumonoultramicroscopic one", 50, STYLE, measure), [
    "a",
    "Pneumonoul",
    "tramicrosc",
    "opic one",
  ]);
  assert.deepEqual(wrap("手写数字识别", 15, STYLE, measure), ["手写数", "字识别"]);
  assert.deepEqual(wrap(" ", 15, STYLE, measure), []);
});

test("a long name gets an ellipsis and fits", () => {
  assert.equal(shorten("Ankle boot", 50, STYLE, measure), "Ankle boot");
  assert.equal(shorten("Ankle boot", 45, STYLE, measure), "Ankle bo…");
  assert.equal(shorten("Ankle boot", 35, STYLE, measure), "Ankle…");
});

const SPEC = {
  title: "A title that is so long that it cannot stand in one line of such a narrow figure",
  lines: ["A sentence that says what the figure shows, in more words than one line can have."],
  width: 200,
  height: 120,
  keys: [
    { width: 180, height: 36 },
    { width: 90, height: 13 },
    { width: 80, height: 13 },
  ],
  notes: ["A score.", "Another one, with an explanation that is as long as explanations are."],
  model: "digits-4x4, Inkling 1.0.0",
};

test("nothing of a figure overlaps or leaves it, and the model comes last", () => {
  const place = layout(SPEC, measure);
  assert.equal(place.width, 200 + 2 * MARGIN);
  const boxes = [
    ...place.texts.map(({ words, x, y, size }) => [x, y - size, x + measure(words, { size }), y]),
    [place.picture.x, place.picture.y, place.picture.x + SPEC.width, place.picture.y + SPEC.height],
    ...place.keys.map(({ x, y }, index) => [x, y, x + SPEC.keys[index].width, y + SPEC.keys[index].height]),
  ];
  for (const [index, [left, top, right, bottom]] of boxes.entries()) {
    assert.ok(left >= MARGIN && right <= place.width - MARGIN && top >= 0 && bottom <= place.height);
    for (const [l, t, r, b] of boxes.slice(index + 1)) assert.ok(right <= l || r <= left || bottom <= t || b <= top);
  }
  const lowest = place.texts.reduce((low, text) => (text.y > low.y ? text : low));
  assert.deepEqual([lowest.words, lowest.role], [SPEC.model, "model"]);
  assert.equal(
    place.texts
      .filter(({ role }) => role === "title")
      .map(({ words }) => words)
      .join(" "),
    SPEC.title,
  );
});

test("keys stand beside each other as long as there is room", () => {
  const { places, bottom } = flow(SPEC.keys, 200, 10);
  assert.deepEqual(
    places.map(({ y }) => y),
    [10, 52, 52],
  );
  assert.ok(places[2].x > places[1].x + 90);
  assert.equal(bottom, 65);
});

test("a table becomes CSV with all digits, quoted where it must be", () => {
  const rows = [
    ["cls", 1 / 3, null],
    ['a "b", c', -1e-9, true],
  ];
  assert.equal(
    csv({ columns: ["token", "value", "x,y"], rows }),
    'token,value,"x,y"\r\ncls,0.3333333333333333,\r\n"a ""b"", c",-1e-9,true\r\n',
  );
});

const chunk = (name, data) => {
  const body = Buffer.concat([Buffer.from(name), data]),
    [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

test("a PNG gets its resolution after its header", () => {
  const head = chunk("IHDR", Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    rest = Buffer.concat([chunk("IDAT", deflateSync(Buffer.from([0, 0]))), chunk("IEND", Buffer.alloc(0))]),
    signature = Buffer.from("89504e470d0a1a0a", "hex");
  const perMetre = Buffer.from([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]); // 11811 pixels are 300 an inch
  assert.deepEqual(
    Buffer.from(withResolution(Buffer.concat([signature, head, rest]), 300)),
    Buffer.concat([signature, head, chunk("pHYs", perMetre), rest]),
  );
});

test("a colour of CSS 4 becomes one that every program reads, with a separate opacity", () => {
  assert.deepEqual(parted("rgb(255 140 26 / 0.5)"), { colour: "rgb(255, 140, 26)", opacity: "0.500" });
  assert.deepEqual(parted("#ffffff40"), { colour: "#ffffff", opacity: "0.251" });
  assert.equal(parted("#ffffff"), null);
  assert.equal(parted("currentColor"), null);
});

test("the citation is the same in CITATION.cff and has the version of the package", () => {
  const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const cff = read("CITATION.cff"),
    field = (name) => new RegExp(`^(?:  - )?${name}: "?(.*?)"?$`, "m").exec(cff)[1];
  assert.deepEqual(WORK, {
    title: field("title"),
    authors: field("name"),
    version: field("version"),
    year: Number(field("date-released").slice(0, 4)),
    license: field("license"),
  });
  assert.equal(/^version = "(.*)"$/m.exec(read("pyproject.toml"))[1], WORK.version);
  assert.match(bibtex(), new RegExp(`^@software\\{inkling,\n  title = \\{\\{${WORK.title}\\}\\},\n`));
});

test("a figure names its model and the version", () => {
  assert.equal(modelLine({ name: "digits-7x7" }), `digits-7x7, Inkling ${WORK.version}`);
  assert.equal(modelLine({ name: null }), `a model trained on this page, Inkling ${WORK.version}`);
  assert.equal(modelLine(null), `Inkling ${WORK.version}`);
});
