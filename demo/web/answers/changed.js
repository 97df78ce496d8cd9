/* Answers about a changed drawing or model: What if, and Two drawings. */
import { unpack } from "../arrays.js";
import { rearranged, without } from "../engine/ablation.js";
import { integratedGradients } from "../engine/gradients.js";
import { pack } from "../engine/pack.js";
import { gapShares } from "../engine/patching.js";
import { readingOf } from "../engine/reading.js";
import { attentionMap } from "./maps.js";
import { imageIn, predictionOf, RefusedError } from "./question.js";

const SAME = "Both drawings are read as the same class.";

/* The reading of the changed image by the changed model, with two maps. */
export const changed = async (payload, { loaded, recorded, breathe }) => {
  const changes = payload.changes ?? {},
    { config } = loaded.model,
    grid = config.image_size / config.patch_size;
  const image = rearranged(imageIn(payload), grid, changes),
    model = without(loaded.model, changes),
    reading = readingOf({ ...loaded, model }, image, false),
    target = payload.target ?? reading.digit;
  const maps = {
    attention: attentionMap(model, image),
    integrated_gradients: await integratedGradients(model, image, target, breathe),
  };
  const packed = Object.entries(maps).map(([name, values]) => [name, pack(values, [grid, grid], "f32")]);
  return { ...reading, maps: Object.fromEntries(packed), target, parts: recorded.parts };
};

/* The example to compare with: one that is read as another class than the image, if there is one. */
const exampleFor = (loaded, image, examples) => {
  const [first, instead] = examples.map((each) => unpack(each).data);
  const [ours, theirs] = [image, first].map((each) => predictionOf(loaded, loaded.model.trace(each), each).digit);
  return ours === theirs ? instead : first;
};

/* The share of the answer that each part of the model carries from the kept drawing to the new one. */
export const differences = async (payload, { loaded, recorded, breathe }) => {
  const image = imageIn(payload),
    kept = payload.kept ? imageIn(payload.kept) : exampleFor(loaded, image, recorded.examples),
    found = await gapShares(loaded.model, kept, image, breathe);
  if (!found) throw new RefusedError(SAME);
  const { depth: layers, num_heads: heads } = loaded.model.config;
  let at = 0;
  const next = (...shape) => {
    const count = shape.reduce((product, length) => product * length);
    at += count;
    return pack(found.shares.slice(at - count, at), shape, "f32");
  };
  return {
    classes: found.classes,
    gaps: found.gaps.map((gap) => Math.round(gap * 1e4) / 1e4),
    heads: next(layers, heads),
    mlps: next(layers),
    layers: next(layers),
    tokens: next(layers + 1, loaded.model.pos_embed.rows),
    kept: pack(kept, [28, 28], "u8"),
  };
};
