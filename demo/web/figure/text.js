// @ts-check
/* Text that fits: lines of a paragraph, and shortened names. */

/**
 * The width of a text in units of a figure.
 * @typedef {{ size: number, weight?: number }} Style
 * @typedef {(text: string, style: Style) => number} Measure
 */

/**
 * Break a word that is wider than a line.
 * @param {string} word
 * @param {(text: string) => boolean} fits
 */
const pieces = (word, fits) => {
  const parts = [""];
  for (const letter of word) {
    const last = parts[parts.length - 1];
    if (last && !fits(last + letter)) parts.push(letter);
    else parts[parts.length - 1] = last + letter;
  }
  return parts;
};

/**
 * Break a text into lines of at most `width` units.
 * @param {string} text
 * @param {number} width
 * @param {Style} style
 * @param {Measure} measure
 */
export const wrap = (text, width, style, measure) => {
  const fits = (/** @type {string} */ line) => measure(line, style) <= width,
    /** @type {string[]} */
    lines = [];
  let line = "";
  for (const word of text.split(/[ \t\n]+/).filter(Boolean)) {
    if (line && fits(`${line} ${word}`)) {
      line = `${line} ${word}`;
      continue;
    }
    if (line) lines.push(line);
    const parts = pieces(word, fits);
    lines.push(...parts.slice(0, -1));
    line = parts[parts.length - 1];
  }
  return line ? [...lines, line] : lines;
};

/**
 * Shorten a name with an ellipsis to at most `width` units.
 * @param {string} text
 * @param {number} width
 * @param {Style} style
 * @param {Measure} measure
 */
export const shorten = (text, width, style, measure) => {
  if (measure(text, style) <= width) return text;
  const letters = [...text];
  while (letters.length && measure(`${letters.join("")}…`, style) > width) letters.pop();
  return `${letters.join("").trimEnd()}…`;
};
