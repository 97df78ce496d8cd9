/* Readings with missing patches, which take seconds: they go on between other questions, while the page asks how far
   they are. A table has all subsets of the patches; where they are too many, an estimate reads random orders. */
import { logOdds } from "../engine/masking.js";

export const MOST = 13; // patches of which all subsets are read: 8,192 readings, some seconds
const PAIRS = 24; // of random orders in an estimate, each also reversed
const STORED = 12; // results
const IDLE = 3000; // milliseconds without a question after which readings are dropped

/* Numbers in [0, 1) that repeat with the seed (Mulberry32). */
const randomNumbers = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/* A random order of n patches (Fisher and Yates). */
const shuffledOrder = (n, random) => {
  const order = Array.from({ length: n }, (_, at) => at);
  for (let at = n - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
};

/* The logits of all subsets; `step(done, of)` lets others in. */
const readTable = async (masked, step) => {
  const n = masked.maskable.length,
    table = [];
  for (let subset = 0; subset < 2 ** n; subset++) {
    table.push(masked.logits(masked.maskable.map((_, at) => (subset >> at) & 1)));
    await step(subset + 1, 2 ** n);
  }
  return { table };
};

/* Shapley values estimated from orders, and their standard errors: a pair of opposite orders is one observation. */
const readOrders = async (masked, target, step) => {
  const n = masked.maskable.length,
    random = randomNumbers(0),
    of = 2 * PAIRS * (n + 1),
    observed = [];
  let done = 0,
    ends = [0, 0];
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = shuffledOrder(n, random),
      gains = new Float64Array(n);
    for (const way of [order, order.toReversed()]) {
      const visible = new Uint8Array(n),
        curve = [logOdds(masked.logits(visible), target)];
      await step(++done, of);
      for (const patch of way) {
        visible[patch] = 1;
        curve.push(logOdds(masked.logits(visible), target));
        gains[patch] += (curve.at(-1) - curve.at(-2)) / 2;
        await step(++done, of);
      }
      ends = [curve[0], curve[n]];
    }
    observed.push(gains);
  }
  const meanOf = (patch) => observed.reduce((sum, gains) => sum + gains[patch], 0) / PAIRS,
    values = Float64Array.from({ length: n }, (_, patch) => meanOf(patch));
  const errors = values.map((mean, patch) => {
    const squares = observed.reduce((sum, gains) => sum + (gains[patch] - mean) ** 2, 0);
    return Math.sqrt(squares / (PAIRS - 1) / PAIRS);
  });
  return { values, errors, none: ends[0], all: ends[1], readings: of };
};

/* Returns `ask(key, masked, target, breathe)`: the result once it is there, else `{ done, of }`. One reading runs at a
   time; another question drops it. */
export const newReadings = () => {
  const stored = new Map();
  let running = null;

  const run = async (key, masked, target, breathe) => {
    const mine = { key, asked: performance.now(), done: 0, of: 1, failed: null };
    running = mine;
    const step = async (done, of) => {
      Object.assign(mine, { done, of });
      await breathe();
      if (running !== mine || performance.now() - mine.asked > IDLE) throw new Error("These readings are dropped.");
    };
    const started = performance.now();
    try {
      const exact = masked.maskable.length <= MOST,
        result = exact ? await readTable(masked, step) : await readOrders(masked, target, step);
      stored.set(key, { ...result, ms: Math.round(performance.now() - started) });
      if (stored.size > STORED) stored.delete(stored.keys().next().value);
    } catch (error) {
      mine.failed = error;
    }
    if (running === mine) running = null;
  };

  return (key, masked, target, breathe) => {
    const name = masked.maskable.length <= MOST ? key : `${key} ${target}`;
    if (stored.has(name)) return stored.get(name);
    if (running?.key === name) running.asked = performance.now();
    else run(name, masked, target, breathe);
    return { done: running?.done ?? 0, of: running?.of ?? 1 };
  };
};
