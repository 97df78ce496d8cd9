import assert from "node:assert/strict";
import test from "node:test";
import { fill, layOut, NARROW, patchAt, shortened, sideBySide } from "../../demo/tabs/overview/layout.js";
import { firstNumbers, inkOf, lensAt } from "../../demo/tabs/overview/values.js";
import { opens, says } from "../../demo/tabs/overview/words.js";
import { headWeights, mostAttendedPatch } from "../../demo/web/attention_weights.js";
import { argmax } from "../../demo/web/numbers.js";

const DIGITS = [..."0123456789"];
const CLOTHES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
const modelOf = (grid, depth, heads, names = DIGITS, more = {}) => ({
  grid_size: grid,
  patch_size: 28 / grid,
  num_patches: grid * grid,
  embed_dim: 96,
  depth,
  num_heads: heads,
  mlp_dim: 208,
  pool: "cls",
  positions: "learned",
  names,
  ...more,
});
const MODELS = [
  modelOf(4, 3, 6),
  modelOf(7, 6, 4),
  modelOf(2, 1, 1),
  modelOf(14, 12, 8),
  modelOf(4, 2, 12, CLOTHES),
  modelOf(
    7,
    6,
    8,
    Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at)),
  ),
];
const inside = ({ x, y, width, height }, layout) =>
  x >= -0.01 && y >= -0.01 && x + width <= layout.width + 0.01 && y + height <= layout.height + 0.01;
const apart = (one, other) =>
  one.x + one.width <= other.x + 0.01 ||
  other.x + other.width <= one.x + 0.01 ||
  one.y + one.height <= other.y + 0.01 ||
  other.y + other.height <= one.y + 0.01;

test("every part of every model lies in the picture, at any width", () => {
  for (const model of MODELS)
    for (const width of [328, 366, NARROW - 1, NARROW + 60, 776, 1300]) {
      const layout = layOut(width, model);
      const heads = layout.blocks.flatMap((block) => block.heads);
      const boxes = [layout.image, layout.fan, ...layout.rows.map(({ box }) => box), ...heads];
      boxes.push(...layout.bars.map(({ track }) => track), ...layout.strips.flatMap(Object.values));
      for (const box of boxes) assert.ok(inside(box, layout), `${width} ${model.depth} ${JSON.stringify(box)}`);
      for (const { track } of layout.bars) assert.ok(track.width > 20 && track.height > 4);
      assert.equal(layout.rings.length, model.depth + 1);
      assert.equal(heads.length, model.depth * model.num_heads);
    }
});

test("no head overlaps another one or the streams", () => {
  for (const model of MODELS)
    for (const width of [366, 776]) {
      const layout = layOut(width, model),
        heads = layout.blocks.flatMap((block) => block.heads);
      heads.forEach((head, index) => {
        for (const other of heads.slice(index + 1)) assert.ok(apart(head, other));
        for (const { stream } of layout.rows) assert.ok((layout.wide ? head.y : head.x) > stream);
      });
    }
});

test("a wide picture is low enough to stand beside the pad", () => {
  for (const model of MODELS) assert.ok(layOut(776, model).height <= 400);
});

test("squares fill a box as well as with the best number of columns", () => {
  assert.deepEqual(fill(4, 100, 100, 30), { columns: 2, side: 30 });
  assert.equal(fill(4, 25, 1000, 64).columns, 1);
  assert.equal(fill(4, 1000, 25, 64).columns, 4);
});

test("flows lie side by side around the middle", () => {
  assert.deepEqual(sideBySide([2, 4, 2]), [-3, 0, 3]);
});

test("a point in a map is in one patch, at its edges too", () => {
  const box = { x: 10, y: 20, width: 40, height: 40 };
  assert.equal(patchAt(box, 10, 20, 4), 0);
  assert.equal(patchAt(box, 50, 60, 4), 15);
  assert.equal(patchAt(box, 31, 29, 4), 2);
  assert.equal(shortened("Sneaker", 4), "Sne…");
  assert.equal(shortened("Bag", 4), "Bag");
});

/* Two layers, two heads, cls and four patches. */
const looks = {
  shape: [2, 2, 5],
  data: [0.5, 0.1, 0.2, 0.1, 0.1, 0.1, 0.6, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 0, 0, 0, 0, 1],
};
const model = modelOf(2, 2, 2, ["0", "7", "8"]);
const lens = { shape: [3, 3], data: [0.2, 0.3, 0.5, 0.1, 0.8, 0.1, 0.02, 0.97, 0.01] };
const shown = { model, looks, lens, probs: [0.02, 0.97, 0.01], ink: [0, 0.25, 0.5, 0] };

test("the numbers of heads, layers and patches are those of the reading", () => {
  assert.deepEqual(headWeights(looks, 0, 1), [0.1, 0.6, 0.1, 0.1, 0.1]);
  assert.deepEqual(
    headWeights(looks, 0, -1).map((value) => value.toFixed(3)),
    ["0.300", "0.350", "0.150", "0.100", "0.100"],
  );
  assert.equal(mostAttendedPatch(headWeights(looks, 1, 1)), 4);
  assert.deepEqual(lensAt(lens, 1), [0.1, 0.8, 0.1]);
  assert.equal(argmax([1, 3, 2]), 1);
  assert.deepEqual(
    inkOf({ data: [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] }, { grid_size: 2, patch_size: 2 }),
    [0.75, 0, 0, 0.25],
  );
  assert.deepEqual(firstNumbers({ shape: [2, 3], data: [1, -4, 9, 2, 0, 9] }, 2), [
    [0.25, -1],
    [0.5, 0],
  ]);
});

test("each part is described with its own numbers", () => {
  assert.equal(
    says(shown, { kind: "head", layer: 0, head: 1 }),
    "Layer 1, head 2: cls gives 60.0 % of its attention to the patch in row 1, column 1, more than to any other.",
  );
  assert.equal(
    says(shown, { kind: "head", layer: 0, head: 1, token: 3 }),
    "Layer 1, head 2: cls gives 10.0 % of its attention to the patch in row 2, column 1.",
  );
  assert.match(says(shown, { kind: "flow", layer: 0, token: 1 }), /^Layer 1: cls gives 35\.0 % .*mean of 2 heads/);
  assert.match(says(shown, { kind: "patch", token: 2 }), /row 1, column 2: 196 pixels \(25\.0 % ink\).* it 10\.0 % of/);
  assert.match(
    says(shown, { kind: "ring", step: 0 }),
    /^Before the first layer.* an 8 from cls with 50\.0 %, whatever/,
  );
  assert.match(
    says(shown, { kind: "ring", step: 1 }),
    /^After layer 1, the head would read a 7 from cls with 80\.0 %\.$/,
  );
  assert.match(
    says(shown, { kind: "ring", step: 2 }),
    /^After layer 2, the head reads a 7 from cls with 97\.0 %: the answer/,
  );
  assert.match(says(shown, { kind: "bar", digit: 2 }), /^8: 1\.0 %/);
  assert.match(says(shown, { kind: "block", layer: 1 }), /^Layer 2: 2 heads .* 208 hidden units/);
  assert.match(says(shown, { kind: "cls", token: 0 }), /96 learned numbers/);
});

test("a model that pools by the mean says so, and classes have names", () => {
  const pooled = { ...shown, model: { ...model, pool: "mean", positions: "none", names: ["Coat", "Bag", "Shirt"] } };
  assert.match(
    says(pooled, { kind: "head", layer: 0, head: 1 }),
    /the patches give, on average, 60\.0 % of their attention/,
  );
  assert.match(says(pooled, { kind: "ring", step: 1 }), /would read Bag from the mean of the patches with 80\.0 %\.$/);
  assert.doesNotMatch(says(pooled, { kind: "patch", token: 2 }), /position/);
  assert.match(says(pooled, { kind: "cls" }), /reads the mean of the 4 patches/);
});

test("each part opens its own view at the right place", () => {
  assert.deepEqual(opens({ kind: "head", layer: 2, head: 3, token: 5 }).selection, { layer: 2, head: 3, token: null });
  assert.deepEqual(
    [opens({ kind: "patch", token: 7 }), opens({ kind: "bar", digit: 4 }), opens({ kind: "ring", step: 2 })].map(
      ({ view, selection }) => [view, selection],
    ),
    [
      ["patches", { token: 7 }],
      ["why", { digit: 4 }],
      ["layers", { layer: 1, token: null }],
    ],
  );
});
