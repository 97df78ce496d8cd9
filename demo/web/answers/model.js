/* Answers about the model and its layers: filters and distances, queries and keys, the prediction of each token. */
import { unpack } from "../arrays.js";
import { headsOf } from "../engine/block.js";
import { probsOf } from "../engine/calibration.js";
import { gelu, layerNorm, linear, newMatrix, rowOf } from "../engine/matrix.js";
import { joined, pack } from "../engine/pack.js";
import { imageIn } from "./question.js";

/* What Python calculated, because it depends on the model alone: demo/about_model.py. */
export const filters = (_, { recorded }) => recorded.filters;
export const distances = (_, { recorded }) => recorded.distances;

/* Queries, keys and values (L, 3, h, N, d), each table in 65,535 steps between its lowest and highest number. */
export const numbers = (payload, { loaded: { model } }) => {
  const { config, parts } = model,
    trace = model.trace(imageIn(payload)),
    entered = [trace.embedded, ...trace.tokens.slice(0, -1)];
  const tables = parts.blocks.flatMap((block, layer) => {
    const heads = headsOf(entered[layer], block, config);
    return [0, 1, 2].flatMap((part) => heads.map((head) => head[part].data));
  });
  const low = tables.map((table) => table.reduce((least, value) => Math.min(least, value), Infinity)),
    high = tables.map((table) => table.reduce((most, value) => Math.max(most, value), -Infinity)),
    steps = tables.map((table, at) => table.map((value) => (value - low[at]) / (high[at] - low[at] || 1)));
  const shape = [config.depth, 3, config.num_heads];
  return {
    qkv: pack(joined(steps), [...shape, trace.embedded.rows, config.embed_dim / config.num_heads], "u16"),
    low: pack(Float32Array.from(low), shape, "f32"),
    high: pack(Float32Array.from(high), shape, "f32"),
  };
};

const layerOf = ({ weight, bias }) => {
  const { shape, data } = unpack(weight);
  return { weight: newMatrix(shape[0], shape[1], data), bias: unpack(bias).data };
};

/* The place of a normed cls token on the token map, in the unit square. */
const placeOf = ([first, second], token) => {
  const hidden = linear(newMatrix(1, token.length, token), layerOf(first)),
    active = newMatrix(1, hidden.columns, hidden.data.map(gelu));
  return linear(active, layerOf(second)).data.map((value) => Math.min(Math.max(value, 0), 1));
};

/* Probabilities (L + 1, N, K) of each token before the first layer and after each, and the path of cls on the map. */
export const lens = (payload, { loaded: { model, calibration }, recorded }) => {
  const { embedded, tokens } = model.trace(imageIn(payload)),
    { head, norm } = model.parts,
    states = [embedded, ...tokens].map((each) => (norm ? layerNorm(each, norm) : each));
  const probs = states.map((normed) => {
    const logits = linear(normed, head);
    return joined(Array.from({ length: logits.rows }, (_, row) => probsOf(calibration, rowOf(logits, row))));
  });
  const { net, name, token_map: map } = recorded,
    path = states.map((normed) => placeOf(net, rowOf(normed, 0)));
  return {
    probs: pack(joined(probs), [states.length, embedded.rows, head.bias.length], "u16"),
    path: pack(joined(path), [states.length, 2], "f32"),
    name,
    ...(payload.known !== name && { token_map: map }),
  };
};
