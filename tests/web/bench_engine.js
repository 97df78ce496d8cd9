/* Measure the engine under node: `node tests/web/bench_engine.js [FOLDER]`. Prints the processor's milliseconds of a
   whole reading and of a glance by each shipped model. FOLDER holds another state of demo/web/ to compare with: both
   take turns, so that other work on the machine slows both. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const HERE = new URL("../../demo/web", import.meta.url).pathname,
  MODELS = ["digits-4x4", "digits-7x7"],
  ROUNDS = 15, // turns of each
  READINGS = 4; // in a turn

const examples = JSON.parse(readFileSync(new URL("../../assets/examples.json", import.meta.url)));

const bytesOf = (model) => {
  const { buffer, byteOffset, length } = readFileSync(new URL(`../../assets/${model}.safetensors`, import.meta.url));
  return buffer.slice(byteOffset, byteOffset + length);
};

/* A function that reads the examples once, whole or as glances. */
const readerOf = async (folder, model, whole) => {
  const { readCheckpoint } = await import(`${folder}/engine/checkpoint.js`),
    { answer } = await import(`${folder}/engine/reading.js`),
    loaded = readCheckpoint(bytesOf(model), { name: model, summary: "" });
  return (at) => answer(loaded, { strokes: examples[at % examples.length].strokes, whole });
};

/* Milliseconds of this process for one reading. */
const timeOf = (read) => {
  const before = process.cpuUsage();
  for (let at = 0; at < READINGS; at++) read(at);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / READINGS;
};

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

const folders = [...process.argv.slice(2).map((folder) => resolve(folder)), HERE];
for (const model of MODELS)
  for (const whole of [true, false]) {
    const readers = await Promise.all(folders.map((folder) => readerOf(folder, model, whole))),
      times = readers.map(() => []);
    for (const read of readers) for (let at = 0; at < 8; at++) read(at); // until the loops are compiled
    for (let round = 0; round < ROUNDS; round++)
      for (const [at, read] of readers.entries()) times[at].push(timeOf(read));
    const each = times.map((values) => `${median(values).toFixed(1)} ms`);
    console.log(`${model}, ${whole ? "whole" : "glance"}: ${each.join(" -> ")}`);
  }
