import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/* A worker that has an answer to each question, or none to give. */
let posted, broken;
globalThis.Worker = class {
  postMessage(message) {
    posted.push(message);
    const reply = broken ? { failed: "no" } : { answer: message.given ? true : { from: "browser" } };
    queueMicrotask(() => this.onmessage({ data: { id: message.id, ...reply } }));
  }
};
globalThis.fetch = async (address) => ({ ok: true, arrayBuffer: async () => address, json: async () => address });

const { here, offer } = await import("../../demo/web/answers/here.js");
const server = async () => ({ from: "server" }),
  numbers = here("tabs/inside", "numbers", server),
  parts = here("tabs/when", "parts", server);

beforeEach(() => {
  posted = [];
  broken = false;
});

test("the browser answers about a model that it reads with, and the server about all else", async () => {
  assert.deepEqual(await numbers({ model: "small", strokes: [] }), { from: "server" });
  offer("small", { address: "weights/small.safetensors", about: { name: "small" }, time: 2 });
  assert.deepEqual(await numbers({ model: "small", strokes: [] }), { from: "browser" });
  assert.deepEqual(
    posted.map(({ given, name }) => given ?? name),
    [
      {
        model: "small",
        weights: "weights/small.safetensors",
        recorded: "weights/small.json",
        about: { name: "small" },
      },
      "numbers",
    ],
  );
  assert.deepEqual(await parts({ model: "small", strokes: [] }), { from: "browser" });
  assert.equal(posted.length, 3, "the model is given once");
  for (const digit of [{ sample: 3 }, { strokes: [], kept: { sample: 3 } }])
    assert.deepEqual(await numbers({ model: "small", ...digit }), { from: "server" });
});

test("what takes long here is asked of the server", async () => {
  offer("large", { address: "weights/large.safetensors", about: {}, time: 10 });
  assert.deepEqual(await numbers({ model: "large", strokes: [] }), { from: "browser" });
  assert.deepEqual(await parts({ model: "large", strokes: [] }), { from: "server" });
});

test("where the worker fails, the server is asked, and only about the newest question", async () => {
  broken = true;
  const [older, newer] = await Promise.allSettled([1, 2].map((at) => numbers({ model: "small", strokes: [at] })));
  assert.equal(older.status, "rejected");
  assert.deepEqual(newer.value, { from: "server" });
});
