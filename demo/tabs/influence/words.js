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
    : t("Waiting for other visitors…");
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
    ? t("Searched: {digits} training digits, with the final weights alone, because a shipped model has no others.", {
        digits: all,
      })
    : t("Searched: {digits} training digits, with the final weights alone, because no others are stored any more.", {
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
export const verdictText = (measured, way) => {
  if (!measured)
    return t("How this is on average was measured for the shipped models only. One drawing alone proves little.");
  const [mean, low, high] = measured.ways[way].difference,
    values = { digits: measured.digits, low: changeText(low), high: changeText(high), mean: changeText(mean) };
  if (high >= 0)
    return t(
      "This does not hold up on average: over {digits} test digits, no difference was found between what supports the answer most and others with the same label ({mean}; 95 % interval {low} to {high}).",
      values,
    );
  return t(
    "This holds up on average: over {digits} test digits, what supports the answer most harms it more than others with the same label ({mean}; 95 % interval {low} to {high}).",
    values,
  );
};
