/* The numbers of Two drawings in words. */
import { called } from "../../web/class_names.js";
import { fixed } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { t } from "../../web/language.js";
import { argmax, largest } from "../../web/numbers.js";

/* A share of the way as a percentage with a sign where it goes the other way. */
export const shareText = (share) => t("{n} %", { n: fixed(100 * share, 0) });

/* The state of the tokens: 0 before the first layer, then after each. */
export const stateName = (state) =>
  state ? t("After layer {layer}", { layer: state }) : t("Before layer {layer}", { layer: 1 });

export const tokenName = (token, side) => (token ? t("patch {place}", { place: place(token, side) }) : "cls");

/* The strongest head. */
export const strongestHead = ({ heads, num_heads: count }) => {
  const index = argmax(heads);
  return { layer: Math.floor(index / count), head: index % count, share: heads[index] };
};

/* What the ink of the strongest patch does: before the first layer, a patch's token is its ink and its place. */
const inkText = ({ classes, tokens, count, side }) => {
  const patches = tokens.slice(1, count),
    index = argmax(patches),
    [to, from] = classes.map(called);
  return t(
    "With the kept drawing's ink in one patch alone ({place}), the answer moves {share} of the way from {from} to " +
      "{to}.",
    { place: place(index + 1, side), share: shareText(patches[index]), from, to },
  );
};

/* The finding: the strongest patch, head and MLP. Whole layers, which contain them, are not compared with them. */
export const summaryText = (shares) => {
  const { layer, head, share } = strongestHead(shares),
    mlp = argmax(shares.mlps);
  const inside = t("Strongest head: head {head} of layer {layer}, {share}. Strongest MLP: layer {mlp}, {mlp_share}.", {
    ...{ layer: layer + 1, head: head + 1, share: shareText(share) },
    ...{ mlp: mlp + 1, mlp_share: shareText(shares.mlps[mlp]) },
  });
  return [inkText(shares), inside].join(" ");
};

/* What the button asks What if. */
export const offText = (shares) => {
  const { layer, head } = strongestHead(shares);
  return t("What if head {head} of layer {layer} were off?", { layer: layer + 1, head: head + 1 });
};

/* What the copy of one token does. */
export const tokenText = (state, token, { tokens, count, side }) =>
  t("{state}, {token}: {share} of the way", {
    ...{ state: stateName(state), token: tokenName(token, side), share: shareText(tokens[state * count + token]) },
  });

/* The strongest token of each state. */
export const strongestTexts = (shares) =>
  Array.from({ length: shares.tokens.length / shares.count }, (_, state) => {
    const row = shares.tokens.slice(state * shares.count, (state + 1) * shares.count);
    return tokenText(state, argmax(row), shares);
  });

export const gapsText = ({ classes, gaps }) =>
  t("Logit of {to} minus logit of {from}: {kept} for the kept drawing, {now} for the new one.", {
    ...{ to: called(classes[0]), from: called(classes[1]), kept: fixed(gaps[0], 2), now: fixed(gaps[1], 2) },
  });

/* The largest share of a patch in any state: one scale for all maps. */
export const largestPatch = ({ tokens, count }) => largest(tokens.filter((_, at) => at % count));

export const scaleText = (shares) =>
  t("On the maps, the strongest colour is a share of {share}.", { share: shareText(largestPatch(shares)) });
