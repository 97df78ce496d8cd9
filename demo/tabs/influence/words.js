/* What was found and what the check says, in words. */
import { called } from "../../web/class_names.js";
import { fixed, percent } from "../../web/format.js";
import { grouped, plural, t } from "../../web/language.js";

/* How far the work of a stage is, on the server (demo/tabs/influence/server.py). */
export const stageText = ({ stage, done, of }) => {
  if (stage === "fetch") return t("Fetching MNIST…");
  if (stage === "find") return t("Searching the training digits…");
  if (stage === "unlearn") return t("Unlearning…");
  return of
    ? t("The model reads the training digits: {done} of {all}", { done: grouped(done), all: grouped(of) })
    : t("Waiting for the training digits…");
};

const countOf = (digits, target) => digits.filter(({ label }) => label === target).length;

/* How many of the digits have the label that the drawing is read as. */
export const summaryText = ({ target, groups: { nearest, supporters } }) =>
  t("Labelled {digit}: {near} of the {all} nearest digits, and {support} of the {most} that support the answer most.", {
    ...{ digit: called(target), near: countOf(nearest, target), all: nearest.length },
    ...{ support: countOf(supporters, target), most: supporters.length },
  });

/* By what the nearest digits are near. */
export const nearText = (pool) =>
  pool === "mean"
    ? t("By the mean of the patch tokens, from which the head reads the answer.")
    : t("By the cls token, from which the head reads the answer.");

/* What was searched: all digits, at one moment of the training or more. */
export const sourceText = ({ digits, moments }, shipped) => {
  const all = grouped(digits);
  if (moments > 1)
    return plural(
      moments,
      "Searched: {digits} training digits, at {n} moment of the training.",
      "Searched: {digits} training digits, at {n} moments of the training.",
      { digits: all },
    );
  return shipped
    ? t("Searched: {digits} training digits, with the final parameters alone, because a shipped model has no others.", {
        digits: all,
      })
    : t("Searched: {digits} training digits, with the final parameters alone, because no others are stored any more.", {
        digits: all,
      });
};

/* What stands below a digit, and what is said of it. */
export const captionText = ({ label, read }) => (label === read ? String(label) : `${label} → ${read}`);

export const digitText = ({ label, read }) =>
  label === read
    ? t("labelled {label}, read as {read}", { label, read })
    : t("labelled {label}, but read as {read}", { label, read });

/* The groups that are unlearned. */
export const groupText = (group, target) =>
  ({
    supporters: t("that support the answer most"),
    nearest: t("nearest"),
    hardest: t("labelled {digit}, hardest to read", { digit: called(target) }),
    same_label: t("at random, labelled {digit}", { digit: called(target) }),
    random: t("at random"),
  })[group];

/* The change of the log-odds. */
export const changeText = (value) => (value > 0 && fixed(value) !== fixed(0) ? `+${fixed(value)}` : fixed(value));

export const afterText = ({ read, share }, target) =>
  read === target
    ? t("still {digit}, {share}", { digit: called(read), share: percent(share) })
    : t("now {digit}", { digit: called(read) });

export const intervalText = ([, low, high]) => t("({low} to {high})", { low: changeText(low), high: changeText(high) });

/* Whether what supports an answer harms it more than others of the same label do, on average over test digits. */
const harmsMore = ({ difference: [, , high] }) => high < 0;

const overallText = (found) => {
  if (found.every(Boolean))
    return t(
      "On average this holds up in part: a difference is found in both ways, but the nearest or the hardest digits harm the answer more, or nearly as much.",
    );
  return found.some(Boolean)
    ? t("On average this holds up in part: in one of the two ways of unlearning.")
    : t("On average this does not hold up, in either way of unlearning.");
};

export const holdsUpText = (measured) =>
  measured
    ? overallText(Object.values(measured.ways).map(harmsMore))
    : t("For this model the average was not measured. One drawing alone proves little.");

export const detailText = (measured, way) => {
  if (!measured) return "";
  const means = measured.ways[way],
    [mean, low, high] = means.difference.map(changeText);
  return harmsMore(means)
    ? t(
        "This way, unlearning what supports the answer most harms it more than unlearning others with the same label: the log-odds change by {mean} more (95 % interval {low} to {high}).",
        { mean, low, high },
      )
    : t(
        "This way, unlearning what supports the answer most was not found to harm it more than unlearning others with the same label (difference {mean}; 95 % interval {low} to {high}).",
        { mean, low, high },
      );
};
