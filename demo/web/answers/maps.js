/* The approximate maps of Why, one value for each patch: vit/explain/methods.py lists them. */
import { gradientMap, integratedGradients, relevanceMap } from "../engine/gradients.js";
import { logOdds, newMasked } from "../engine/masking.js";
import { multiply, newMatrix } from "../engine/matrix.js";
import { poolTokens, transposed } from "../engine/vit.js";

/* The mean of a layer's heads, (N, N). */
const meanOf = (heads) => {
  const mean = newMatrix(heads[0].rows, heads[0].columns);
  for (const { data } of heads) for (let at = 0; at < data.length; at++) mean.data[at] += data[at] / heads.length;
  return mean;
};

/* Where the head's input looks in the last layer, mean of its heads. */
export const attentionMap = (model, image) =>
  poolTokens(meanOf(model.trace(image).attention.at(-1)), model.config.pool).slice(1);

/* Attention followed through all layers (Abnar and Zuidema 2020): half of each token comes from itself. */
const rolloutMap = (model, image) => {
  const steps = model.trace(image).attention.map((heads) => {
    const mean = meanOf(heads),
      half = newMatrix(
        mean.rows,
        mean.columns,
        mean.data.map((value) => value / 2),
      );
    for (let at = 0; at < half.rows; at++) half.data[at * half.columns + at] += 0.5;
    return half;
  });
  const total = steps.reduce((product, step) => multiply(step, transposed(product)));
  return poolTokens(total, model.config.pool).slice(1);
};

/* The drop of the target's log-odds when each patch alone is masked. */
const occlusionMap = async (model, image, target, breathe, maskMode) => {
  const masked = newMasked(model, image, maskMode),
    whole = logOdds(masked.logits(masked.maskable.map(() => 1)), target),
    drops = [];
  for (const patch of masked.maskable) {
    const rest = masked.maskable.map((each) => each !== patch);
    drops.push(whole - logOdds(masked.logits(rest), target));
    await breathe();
  }
  return masked.onGrid(drops);
};

/* Each method by its key: `ask(model, image, target, breathe)` gives its map (G * G), `signed` is for and against. */
export const METHODS = {
  attention: { ask: attentionMap, signed: false },
  rollout: { ask: rolloutMap, signed: false },
  relevance: { ask: relevanceMap, signed: false },
  gradient: { ask: gradientMap, signed: true },
  integrated_gradients: { ask: integratedGradients, signed: true },
  occlusion_unseen: { ask: (...question) => occlusionMap(...question, "unseen"), signed: true },
  occlusion_erased: { ask: (...question) => occlusionMap(...question, "erased"), signed: true },
};

/* The difference of log-odds, drawing minus blank, that integrated gradients do not explain. */
export const completenessGap = (model, image, target, values) => {
  const [drawn, blank] = [image, new Float32Array(image.length)].map((each) =>
    logOdds(model.logits(model.embed(each)), target),
  );
  return drawn - blank - values.reduce((sum, value) => sum + value, 0);
};
