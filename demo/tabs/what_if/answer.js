/* The reading with the changes, in words. */
import { called, doubtful, ifItIs, oneOf } from "../../web/class_names.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";

export const predictionText = (before, now, untouched) => {
  const same = now.digit === before.digit,
    share = percent(now.probs[now.digit]);
  if (now.in_distribution) {
    const values = { digit: called(now.digit), share };
    if (untouched) return t("Read as {digit} ({share})", values);
    return same ? t("Still read as {digit} ({share})", values) : t("Now read as {digit} ({share})", values);
  }
  const doubt = doubtful(now.digit),
    values = { doubt: untouched ? doubt : doubt.replace(/^P/, "p"), share, condition: ifItIs() };
  if (untouched) return t("{doubt} ({share} {condition})", values);
  return same ? t("Still {doubt} ({share} {condition})", values) : t("Now {doubt} ({share} {condition})", values);
};

export const mapTitle = ({ target, digit }) =>
  target === digit
    ? t("What made it {digit} now: integrated gradients, orange supports it, blue opposes it", { digit: oneOf(target) })
    : t("What supports {digit} now: integrated gradients, orange supports it, blue opposes it", {
        digit: oneOf(target),
      });

/* Says which digit the map is asked about, if it is another than the prediction; it may be chosen in another view. */
export const askedText = ({ digit }, chosen) =>
  chosen === null || chosen === digit
    ? ""
    : t("The map is about {digit}, which you chose here or in Why.", { digit: oneOf(chosen) });

/* What the map of attention shows, by what the head gets: the cls token, or the mean of all patches. */
export const attentionTitle = ({ pool }) =>
  pool === "mean"
    ? t("Where all patches, on average, look now: attention in the last layer")
    : t("Where cls looks now: attention in the last layer");
