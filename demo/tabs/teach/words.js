// @ts-check
/* Corrections and lessons in words. */
import { decimal, grouped, language, plural, t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";

/**
 * A digit with its article, which stands in English only.
 * @param {number} digit
 */
export const article = (digit) => (language === "en" ? `${digit === 8 ? "an" : "a"} ${digit}` : String(digit));

/**
 * What a correction was read as before and after a lesson.
 * @param {number} label
 * @param {unknown} read
 */
export const resultText = (label, read) => {
  if (!Array.isArray(read)) return t("not taught yet");
  const [was, now] = read.map(Number);
  if (now !== label) return t("✗ read as {digit}", { digit: now });
  return was === now ? t("✓ still read as {digit}", { digit: now }) : t("✓ {was} became {now}", { was, now });
};

/**
 * How long a lesson was, and what it reads right now.
 * @param {{ steps: number, learned: boolean, drawings: { after: number[] }[] }} result
 * @param {{ label: number }[]} corrections
 */
export const stepsText = ({ steps, learned, drawings }, corrections) => {
  const right = drawings.filter(({ after }, at) => argmax(after) === corrections[at].label).length,
    count = corrections.length,
    sentences = [];
  sentences.push(
    steps
      ? plural(steps, "It took {n} step of practice.", "It took {n} steps of practice.")
      : t("No practice was needed."),
  );
  if (count > 1)
    sentences.push(
      right === count
        ? t("Of your {count} corrections it now reads all right.", { count })
        : t("Of your {count} corrections it now reads {right} right.", { count, right }),
    );
  if (!learned)
    sentences.push(
      t(
        "It ended before all corrections were learned well enough. Corrections that contradict each other cannot " +
          "all be learned.",
      ),
    );
  return sentences.join(" ");
};

/**
 * How many test digits are read right before and after, and which were forgotten or gained.
 * @param {{ of: number, before: number, after: number, forgotten: number, gained: number }} test
 * @param {string} name of the model before
 */
export const forgettingText = ({ of, before, after, forgotten, gained }, name) => {
  const share = (/** @type {number} */ right) => `${decimal((100 * right) / of, 2)} %`,
    values = { digits: grouped(of), model: name, before: share(before), after: share(after) };
  if (!forgotten && !gained)
    return t("No. Of {digits} test digits it reads the very same ones right as {model}: {after}.", values);
  const wrong = forgotten
    ? plural(forgotten, "{n} that was read right is wrong now", "{n} that were read right are wrong now")
    : t("none that was read right is wrong now");
  const right = gained
    ? plural(gained, "{n} that was wrong is right", "{n} that were wrong are right")
    : t("none that was wrong is right");
  return [
    t("Test digits read right: {before} → {after} of {digits}.", values),
    t("Compared with {model}, {wrong}, and {right}.", { model: name, wrong, right }),
  ].join(" ");
};

/**
 * Which test digits were read, and how many changed digits are not shown.
 * @param {{ all: boolean, forgotten: number, gained: number, changed: unknown[] }} test
 */
export const sampleText = ({ all, forgotten, gained, changed }) => {
  const left = forgotten + gained - changed.length,
    sentences = [
      all
        ? t("These are all of MNIST's test digits; no lesson ever uses one.")
        : t("A fixed sample of MNIST's test digits, because this model reads slowly; no lesson ever uses one."),
    ];
  if (left)
    sentences.unshift(
      plural(
        left,
        "{n} more digit changed between right and wrong.",
        "{n} more digits changed between right and wrong.",
      ),
    );
  return sentences.join(" ");
};

/** @param {string} stage */
const begunText = (stage) => {
  if (stage === "fetching") return t("Loading MNIST");
  return stage === "practising" ? t("Practising") : t("Reading test digits");
};

/**
 * @param {string} stage
 * @param {number} done
 * @param {number} of
 */
const doneText = (stage, done, of) => {
  if (stage === "fetching") return t("Fetching MNIST, {share} %", { share: Math.round((100 * done) / of) });
  return stage === "practising"
    ? t("Practising, step {done} of at most {all}", { done, all: of })
    : t("Reading test digits, {done} of {all}", { done: grouped(done), all: grouped(of) });
};

/**
 * The progress of a lesson: what goes on, and the share that is done, null if unknown.
 * @param {{ stage: string, done: number, of: number }} progress
 */
export const progressText = ({ stage, done, of }) => {
  const share = of ? done / of : null;
  if (stage === "waiting") return { text: t("Waiting for another lesson to end."), share: null };
  return { text: share === null ? begunText(stage) : doneText(stage, done, of), share };
};
