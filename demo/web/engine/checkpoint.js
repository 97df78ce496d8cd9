// @ts-check
/* A checkpoint of vit/checkpoint.py: model, calibration, and what the page says of it. */
import { readCalibration } from "./calibration.js";
import { readSafetensors } from "./safetensors.js";
import { newModel } from "./vit.js";

/** @typedef {{ name: string | null, summary: string }} About the model's name if it ships, and a line about it */
/**
 * `description` is what demo/shared_column/reading.py calls the model's sizes.
 * @typedef {{ model: import("./vit.js").Model, calibration: import("./calibration.js").Calibration,
 *   description: Record<string, any> }} Loaded
 */

const FORMAT = "inkling-vit-1";
const NOT_OF_THE_MODEL = ["confidence.", "extra."]; // tensors of the calibration, and what else a checkpoint holds
const SIZES = ["embed_dim", "depth", "num_heads", "mlp_dim", "pool", "positions"];

/**
 * @param {any} config
 * @param {import("./vit.js").Tensors} weights
 * @param {About} about
 */
const describe = (config, weights, about) => {
  const side = config.image_size / config.patch_size,
    { num_classes: classes, names } = config;
  return {
    image_size: config.image_size, // in the server's order: views compare descriptions as text
    patch_size: config.patch_size,
    grid_size: side,
    num_patches: side ** 2,
    num_tokens: 1 + side ** 2,
    ...Object.fromEntries(SIZES.map((name) => [name, config[name]])),
    num_params: Object.values(weights).reduce((sum, { data }) => sum + data.length, 0),
    names: names.length ? names : Array.from({ length: classes }, (_, at) => `${at}`),
    ...about,
  };
};

/**
 * Read a checkpoint's file.
 * @param {ArrayBuffer} file
 * @param {About} about
 * @returns {Loaded}
 */
export const readCheckpoint = (file, about) => {
  const { metadata, tensors } = readSafetensors(file);
  if (metadata.format !== FORMAT) throw new Error("This file is no checkpoint of this project.");
  const config = JSON.parse(metadata.config);
  if (config.image_size !== 28 || config.in_chans !== 1) throw new Error("The page reads grey images of 28 x 28 only.");
  const own = Object.entries(tensors).filter(([name]) => !NOT_OF_THE_MODEL.some((prefix) => name.startsWith(prefix))),
    weights = Object.fromEntries(own);
  return {
    model: newModel(config, weights),
    calibration: readCalibration(metadata, tensors),
    description: describe(config, weights, about),
  };
};
