// @ts-check
/* Corrections and lessons in words. */

/** @param {number} digit */
export const article = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

/**
 * @param {number} count
 * @param {string} word
 */
export const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/** @param {number[]} probs */
export const best = (probs) => probs.indexOf(Math.max(...probs));

/**
 * What a correction was read as before and after a lesson.
 * @param {number} label
 * @param {unknown} read
 */
export const resultText = (label, read) => {
  if (!Array.isArray(read)) return "not taught yet";
  const [was, now] = read.map(Number);
  if (now !== label) return `✗ read as ${now}`;
  return was === now ? `✓ still read as ${now}` : `✓ ${was} became ${now}`;
};

/**
 * How long a lesson was, and what it reads right now.
 * @param {{ steps: number, learned: boolean, drawings: { after: number[] }[] }} result
 * @param {{ label: number }[]} corrections
 */
export const stepsText = ({ steps, learned, drawings }, corrections) => {
  const right = drawings.filter(({ after }, at) => best(after) === corrections[at].label).length,
    count = corrections.length;
  return [
    steps ? `It took ${counted(steps, "step")} of practice.` : "No practice was needed.",
    ...(count > 1 ? [`Of your ${count} corrections it now reads ${right === count ? "all" : right} right.`] : []),
    ...(learned
      ? []
      : [
          "It ended before all corrections were learned well enough. Corrections that contradict each other cannot all be learned.",
        ]),
  ].join(" ");
};

/**
 * How many test digits are read right before and after, and which were forgotten or gained.
 * @param {{ of: number, before: number, after: number, forgotten: number, gained: number }} test
 * @param {string} name of the model before
 */
export const forgettingText = ({ of, before, after, forgotten, gained }, name) => {
  const digits = of.toLocaleString("en"),
    share = (/** @type {number} */ right) => `${((100 * right) / of).toFixed(2)} %`;
  if (!forgotten && !gained)
    return `No. Of ${digits} test digits it reads the very same ones right as ${name}: ${share(after)}.`;
  const wrong = forgotten
    ? `${forgotten} that ${forgotten === 1 ? "was read right is" : "were read right are"} wrong now`
    : "none that was read right is wrong now";
  const right = gained
    ? `${gained} that ${gained === 1 ? "was wrong is" : "were wrong are"} right`
    : "none that was wrong is right";
  return `Test digits read right: ${share(before)} → ${share(after)} of ${digits}. Compared with ${name}, ${wrong}, and ${right}.`;
};

/**
 * Which test digits were read, and how many changed digits are not shown.
 * @param {{ all: boolean, forgotten: number, gained: number, changed: unknown[] }} test
 */
export const sampleText = ({ all, forgotten, gained, changed }) => {
  const left = forgotten + gained - changed.length,
    more = left ? `${counted(left, "more digit")} changed between right and wrong. ` : "";
  return `${more}${all ? "These are all of MNIST's test digits" : "A fixed sample of MNIST's test digits, because this model reads slowly"}; no lesson ever uses one.`;
};

/**
 * The progress of a lesson: what goes on, and the share that is done, null if unknown.
 * @param {{ stage: string, done: number, of: number }} progress
 */
export const progressText = ({ stage, done, of }) => {
  const share = of ? done / of : null,
    digits = () => `, ${done.toLocaleString("en")} of ${of.toLocaleString("en")}`;
  if (stage === "waiting") return { text: "Waiting for another lesson to end.", share: null };
  if (stage === "fetching")
    return { text: share === null ? "Loading MNIST" : `Fetching MNIST, ${Math.round(100 * share)} %`, share };
  if (stage === "practising") return { text: `Practising${of ? `, step ${done} of at most ${of}` : ""}`, share };
  return { text: `Reading test digits${of ? digits() : ""}`, share };
};
