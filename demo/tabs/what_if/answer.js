/* The reading with the changes, in words. */
import { called, doubtful, ifItIs, oneOf } from "../../web/class_names.js";
import { percent } from "../../web/format.js";

export const predictionText = (before, now, untouched) => {
  const prefix = untouched ? "" : now.digit === before.digit ? "Still " : "Now ",
    share = percent(now.probs[now.digit]);
  if (!now.in_distribution) return `${prefix}${doubtful(now.digit)} (${share} ${ifItIs()})`.replace(/ P/, " p");
  return `${prefix}${prefix ? "read" : "Read"} as ${called(now.digit)} (${share})`;
};

export const mapTitle = ({ target, digit }) =>
  `What ${target === digit ? "made it" : "supports"} ${oneOf(target)} now: integrated gradients, orange supports it, blue opposes it`;

/* Says which digit the map is asked about, if it is another than the prediction; it may be chosen in another view. */
export const askedText = ({ digit }, chosen) =>
  chosen === null || chosen === digit ? "" : `The map is about ${oneOf(chosen)}, which you chose here or in Why.`;
