/* Answers of Why, as demo/tabs/why/server.py gives them: the approximate maps, and the values of the patches. */
import { chooseSets, fitAccount } from "../engine/account.js";
import { faithfulnessScale, rankScale, scoreOf } from "../engine/faithfulness.js";
import { logOdds, newMasked } from "../engine/masking.js";
import { pack } from "../engine/pack.js";
import { interaction, patchesIn, shapleyValues, smallestFlip, smallestSufficient } from "../engine/subsets.js";
import { argmax } from "../numbers.js";
import { completenessGap, METHODS } from "./maps.js";
import { finite, imageIn, predictionOf } from "./question.js";
import { MOST, newReadings } from "./readings.js";

const SENTENCES = 5;
const CURVE = [1, 3, SENTENCES, 10, 20]; // terms, of whose accounts the page shows the R squared
const CACHED = 16; // questions whose maps are kept

const readings = newReadings();
const cachedMaps = new Map();

/* A question: why does the model read the image as `target`? */
const questionOf = (payload, { loaded }) => {
  const image = imageIn(payload),
    predicted = predictionOf(loaded, loaded.model.trace(image), image).digit,
    name = `${payload.model} ${pack(image, [28, 28], "f32").data}`;
  return { model: loaded.model, image, predicted, target: payload.target ?? predicted, name };
};

/* The approximate maps with their milliseconds, by the methods' keys. */
const quickMaps = async ({ model, image, target, name }, breathe) => {
  const key = `${name} ${target}`;
  if (cachedMaps.has(key)) return cachedMaps.get(key);
  const maps = {};
  for (const [method, { ask }] of Object.entries(METHODS)) {
    const started = performance.now(),
      values = await ask(model, image, target, breathe);
    maps[method] = { values, ms: Math.round(10 * (performance.now() - started)) / 10 };
    await breathe();
  }
  cachedMaps.set(key, maps);
  if (cachedMaps.size > CACHED) cachedMaps.delete(cachedMaps.keys().next().value);
  return maps;
};

const gridOf = (masked) => Math.round(Math.sqrt(masked.patches));
const onGrid = (masked, values) => pack(masked.onGrid(values), [gridOf(masked), gridOf(masked)], "f32");

export const maps = async (payload, context) => {
  const question = questionOf(payload, context),
    { model, image, target, predicted } = question,
    found = await quickMaps(question, context.breathe),
    grid = Math.round(Math.sqrt(found.attention.values.length));
  const packed = Object.entries(found).map(([key, { values, ms }]) => [
    key,
    { map: pack(values, [grid, grid], "f32"), ms },
  ]);
  const gap = finite(completenessGap(model, image, target, found.integrated_gradients.values));
  return { maps: Object.fromEntries(packed), gap, target, predicted };
};

/* The strongest patch of attention and of the values, and how far the two agree. */
const compare = ({ rank, deletion, insertion }, { maskable }, attention, values) => {
  const compared = { patches: values.length, rank: finite(rank), score: finite((deletion + insertion) / 2) };
  if (!values.length || (compared.rank === null && compared.score === null))
    return { ...compared, attention: null, value: null, by_value: null };
  const [strongest, largest] = [attention, values].map(argmax);
  return {
    ...compared,
    attention: maskable[strongest],
    value: maskable[largest],
    by_value: 1 + values.filter((value) => value > values[strongest]).length,
  };
};

const scored = (found, masked, scale) => {
  const among = (key) => masked.maskable.map((patch) => found[key].values[patch]);
  const all = Object.entries(METHODS).map(([key, { signed }]) => [key, scoreOf(scale, among(key), signed)]);
  const scores = all.map(([key, score]) => [
    key,
    Object.fromEntries(Object.entries(score).map(([name, value]) => [name, finite(value)])),
  ]);
  const [, ofAttention] = all.find(([key]) => key === "attention");
  return {
    scores: Object.fromEntries(scores),
    summary: compare(ofAttention, masked, among("attention"), scale.exact),
  };
};

/* The two patches of the largest interaction index. */
const strongestPair = (masked, values) => {
  let best = null;
  for (let i = 0; i < masked.maskable.length; i++)
    for (let j = i + 1; j < masked.maskable.length; j++) {
      const strength = interaction(values, i, j);
      if (!best || Math.abs(strength) > Math.abs(best.strength))
        best = { patches: [masked.maskable[i], masked.maskable[j]], strength };
    }
  return best && { ...best, strength: finite(best.strength) };
};

const accountOf = (masked, values) => {
  const { sets, explained } = chooseSets(values, Math.max(...CURVE));
  if (!sets.length) return null;
  const first = sets.slice(0, SENTENCES),
    [start, ...added] = fitAccount(values, first),
    counts = [...new Set(CURVE.map((count) => Math.min(count, sets.length)))].sort((one, other) => one - other);
  const upTo = (count) => explained.slice(0, count).reduce((sum, share) => sum + share, 0);
  return {
    start: finite(start),
    terms: first.map((subset, at) => ({
      patches: patchesIn(subset).map((index) => masked.maskable[index]),
      value: finite(added[at]),
    })),
    curve: counts.map((count) => ({ terms: count, r_squared: finite(upTo(count)) })),
  };
};

const exactAnswer = (masked, { table, ms }, target, found) => {
  const values = Float64Array.from(table, (logits) => logOdds(logits, target)),
    scale = faithfulnessScale(values),
    named = (subset) => (subset === null ? null : patchesIn(subset).map((index) => masked.maskable[index]));
  const sets = {
    suffices: named(smallestSufficient(table, target)),
    flips: named(smallestFlip(table, target)),
    pair: strongestPair(masked, values),
  };
  return {
    ...{ exact: true, readings: table.length, ms, sets, account: accountOf(masked, values) },
    ...{ values: onGrid(masked, scale.exact), none: finite(values[0]), all: finite(values.at(-1)) },
    ...scored(found, masked, scale),
  };
};

const estimatedAnswer = (masked, { values, errors, none, all, readings: count, ms }, found) => ({
  ...{ exact: false, readings: count, ms, sets: null, account: null, most: MOST },
  ...{ values: onGrid(masked, values), error_bars: onGrid(masked, errors), none: finite(none), all: finite(all) },
  ...scored(found, masked, rankScale(values)),
});

/* The values of the patches, or how many readings are done. */
const valuesOf = (maskMode) => async (payload, context) => {
  const question = questionOf(payload, context),
    { model, image, target, predicted, name } = question,
    masked = newMasked(model, image, maskMode),
    about = { target, predicted, mask_mode: maskMode, maskable: masked.maskable };
  const found = await quickMaps(question, context.breathe),
    read = readings(`${maskMode} ${name}`, masked, target, context.yielding);
  if (read.done !== undefined) return { ...read, target, predicted };
  return {
    ...(read.table ? exactAnswer(masked, read, target, found) : estimatedAnswer(masked, read, found)),
    ...about,
  };
};

export const erased = valuesOf("erased");
export const unseen = valuesOf("unseen");

/* The exact values for a guess, or why there are none: ink in too many patches. */
export const guessed = async (payload, context) => {
  const { model, image, predicted: digit } = questionOf(payload, context),
    masked = newMasked(model, image, "erased"),
    inked = masked.maskable.length;
  if (inked > MOST) return { inked, most: MOST };
  const values = new Float64Array(2 ** inked);
  for (let subset = 0; subset < values.length; subset++) {
    values[subset] = logOdds(masked.logits(masked.maskable.map((_, at) => (subset >> at) & 1)), digit);
    await context.breathe();
  }
  return { values: [...masked.onGrid(shapleyValues(values))].map((value) => Math.round(value * 1e4) / 1e4), digit };
};
