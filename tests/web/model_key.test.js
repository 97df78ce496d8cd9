import assert from "node:assert/strict";
import { test } from "node:test";
import { modelKey } from "../../demo/web/model_key.js";

test("the order of a description's names does not matter, its values do", () => {
  assert.equal(modelKey({ depth: 3, names: ["0", "1"] }), modelKey({ names: ["0", "1"], depth: 3 }));
  assert.notEqual(modelKey({ depth: 3, names: ["0", "1"] }), modelKey({ depth: 3, names: ["1", "0"] }));
  assert.notEqual(modelKey({ depth: 3 }), modelKey(undefined));
});
