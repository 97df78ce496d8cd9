// @ts-check
/* The engine in a thread of its own, so that the pen does not wait for a reading. A message asks to `load` a model,
   or to read what the server would be `asked`; the reply has its `id`, and an `answer` or why it `failed`. */
import { fetched } from "../fetched.js";
import { readCheckpoint } from "./checkpoint.js";
import { answer, readingOf } from "./reading.js";

/** @typedef {import("./checkpoint.js").Loaded} Loaded */
/** @typedef {import("./checkpoint.js").About} About */
/** @typedef {{ address: string, about: About } | { file: ArrayBuffer, about: About }} Source the weights, or where */

const WARM = 5; // readings until the browser has compiled the loops

/** @type {Map<string, Loaded>} */
const models = new Map();

/**
 * The milliseconds of a reading once the loops are compiled.
 * @param {Loaded} loaded
 */
const warm = (loaded) => {
  const blank = new Float32Array(28 * 28),
    times = Array.from({ length: WARM }, () => {
      const started = performance.now();
      readingOf(loaded, blank, true);
      return performance.now() - started;
    });
  return Math.min(...times);
};

/**
 * Load a model, unless it takes more than `slowest` milliseconds for a reading here; return the milliseconds.
 * @param {string} model
 * @param {Source & { slowest: number }} source
 */
const load = async (model, { about, slowest, ...source }) => {
  const file = "file" in source ? source.file : await (await fetched(source.address)).arrayBuffer(),
    loaded = readCheckpoint(file, about);
  const time = warm(loaded);
  if (time > slowest) throw new Error("A reading takes too long here.");
  models.set(model, loaded);
  return time;
};

/** @param {any} asked */
const read = (asked) => {
  const loaded = models.get(asked.model);
  return loaded ? answer(loaded, asked) : null;
};

self.onmessage = async ({ data: { id, model, load: source, asked } }) => {
  try {
    self.postMessage({ id, answer: source ? await load(model, source) : read(asked) });
  } catch (error) {
    self.postMessage({ id, failed: `${error}` });
  }
};
