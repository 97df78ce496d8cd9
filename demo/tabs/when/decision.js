// @ts-check
/* When the prediction became final, in words, and the parts of the drawing in numbers. */

/**
 * The readings of a drawing's beginnings, as demo/tabs/when/server.py answers.
 * @typedef {{
 *   digit: number[], settled: number, in_distribution: boolean[], share: number[], time: number[] | null,
 * }} Parts
 */

/**
 * The share of the pen's path that a part has, as a percentage.
 * @param {Parts} parts
 * @param {number} part
 */
export const sharePercent = ({ share }, part) => `${Math.round(100 * share[part])} %`;

/**
 * The time of a part where it is known, to follow its share.
 * @param {Parts} parts
 * @param {number} part
 */
export const timeText = ({ time }, part) =>
  time ? `, ${(time[part] / 1000).toFixed(1)} s after the pen touched down` : "";

/** @param {string[]} words */
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/**
 * From which part on the prediction stays, and what it was before.
 * @param {Parts} parts
 * @param {(digit: number) => string} called names a class
 */
export const decisionText = (parts, called) => {
  const { digit, settled } = parts,
    final = called(digit[digit.length - 1]),
    earlier = [...new Set(digit.slice(0, settled))],
    changes = digit.filter((one, part) => part && one !== digit[part - 1]).length;
  const sentences = settled
    ? [
        `The prediction is ${final} from ${sharePercent(parts, settled)} of the pen's path on${timeText(parts, settled)}.`,
        `Before that it was ${listed(earlier.map(called))}${changes > earlier.length ? `, with ${changes} changes in all` : ""}.`,
      ]
    : [
        `The prediction is ${final} from the first part that can be read on, ${sharePercent(parts, 0)} of the pen's path.`,
      ];
  if (!parts.in_distribution[parts.in_distribution.length - 1])
    sentences.push("Even the whole drawing is probably not a digit to the model.");
  return sentences;
};

/**
 * Stretches of the path with one prediction, each from its first part to its last.
 * @param {number[]} digits
 */
export const runs = (digits) => {
  /** @type {{ digit: number, from: number, to: number }[]} */
  const stretches = [];
  for (const [part, digit] of digits.entries()) {
    const last = stretches[stretches.length - 1];
    if (last?.digit === digit) last.to = part;
    else stretches.push({ digit, from: part, to: part });
  }
  return stretches;
};

/**
 * The part whose share of the path is nearest to `portion`.
 * @param {number[]} shares
 * @param {number} portion
 */
export const nearest = (shares, portion) =>
  shares.reduce((best, share, part) => (Math.abs(share - portion) < Math.abs(shares[best] - portion) ? part : best), 0);

const LONGEST_PAUSE = 600, // milliseconds
  WITHOUT_TIMES = 1000; // milliseconds for the whole path where the times are not known

/**
 * When each part is shown while the view plays, in milliseconds after part `from`; a long pause of the pen is cut short.
 * @param {Parts} parts
 * @param {number} from
 * @param {number} slowdown
 */
export const timetable = ({ share, time }, from, slowdown) => {
  const moments = share.map(() => 0);
  for (let part = from + 1; part < moments.length; part++) {
    const step = time
      ? Math.min(time[part] - time[part - 1], LONGEST_PAUSE)
      : WITHOUT_TIMES * (share[part] - share[part - 1]);
    moments[part] = moments[part - 1] + slowdown * step;
  }
  return moments;
};
