/* How each moment of the recorded training reads a drawing, as demo/tabs/train/live_view/server.py answers. */
import { relevanceMap } from "../engine/gradients.js";
import { softmax } from "../engine/matrix.js";
import { joined, pack } from "../engine/pack.js";
import { readSafetensors } from "../engine/safetensors.js";
import { newModel, poolTokens } from "../engine/vit.js";
import { METHODS } from "./maps.js";
import { imageIn } from "./question.js";

/* The tensors of one moment: in the file, each has those of all moments one after another. */
const tensorsAt = (tensors, at) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      const size = data.length / shape[0];
      return [name, { shape: shape.slice(1), data: data.subarray(at * size, (at + 1) * size) }];
    }),
  );

/* The moments of a training, each with its model and what was recorded about it. */
export const momentsOf = (weights, { config, moments }) => {
  const { tensors } = readSafetensors(weights);
  return moments.map((recorded, at) => ({ recorded, model: newModel(config, tensorsAt(tensors, at)) }));
};

/* How a moment reads an image. */
const readAt = ({ recorded, model }, image) => {
  const { config } = model,
    { logits, attention, embedded } = model.trace(image),
    looks = attention.flat().map((weights) => poolTokens(weights, config.pool));
  return {
    ...recorded,
    probs: [...softmax(logits.slice())].map((share) => Math.round(share * 1e5) / 1e5),
    attention: pack(joined(looks), [config.depth, config.num_heads, embedded.rows], "u16"),
  };
};

/* What spoke for a digit. */
const explainAt = async ({ model }, image, digit, breathe) => {
  const { image_size: pixels, patch_size: size } = model.config,
    grid = [pixels / size, pixels / size];
  return {
    relevance: pack(relevanceMap(model, image, digit), grid, "f32"),
    occlusion: pack(await METHODS.occlusion_unseen.ask(model, image, digit, breathe), grid, "f32"),
  };
};

/* The training has ended: the last moment is what it knows now. */
export const now = (payload, { moments }) => ({ snapshot: readAt(moments.at(-1), imageIn(payload)) });

export const snapshots = async (payload, { moments, breathe }) => {
  const image = imageIn(payload),
    read = [];
  for (const moment of moments)
    read.push({ ...readAt(moment, image), ...(await explainAt(moment, image, payload.digit, breathe)) });
  return { snapshots: read };
};
