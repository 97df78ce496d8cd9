// @ts-check
/* The words of the glossary in a text. */

/** @typedef {{ view?: string, selection?: object, selector?: string }} Place */
/** @typedef {{ id: string, name: string, words: string[], within?: string, text: string[], show: Place }} Term */
/** @typedef {{ start: number, end: number, terms: Term[] }} Match */

/* Words end where letters end; Chinese has no such ends. */
const LETTER = "[\\p{L}\\p{N}_]";
/** @param {string} word */
const pattern = (word) => {
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return /\p{Script=Han}/u.test(word) ? literal : `(?<!${LETTER})${literal}(?!${LETTER})`;
};

/**
 * Returns `find(text)`: the matches in a text, from left to right, the longest where several begin. A match lists each
 * term that its word may mean, those of one place (`within`) before those of the whole page.
 * @param {Term[]} terms
 * @returns {(text: string) => Match[]}
 */
export const finder = (terms) => {
  /** @type {Map<string, Term[]>} */
  const meanings = new Map();
  const sorted = [...terms].sort((one, other) => Number(!one.within) - Number(!other.within));
  for (const term of sorted)
    for (const word of term.words) {
      const key = word.toLowerCase();
      meanings.set(key, [...(meanings.get(key) ?? []), term]);
    }
  const words = [...meanings.keys()].sort((one, other) => other.length - one.length);
  const any = new RegExp(words.map(pattern).join("|"), "giu");
  return (text) =>
    [...text.matchAll(any)].map(({ 0: word, index }) => ({
      start: index,
      end: index + word.length,
      terms: meanings.get(word.toLowerCase()) ?? [],
    }));
};

/**
 * The terms that fit what somebody types: all of its words stand in the term's name, words or sentences. Terms whose
 * name or words begin with it come first.
 * @param {Term[]} terms
 * @param {string} typed
 */
export const search = (terms, typed) => {
  const wanted = typed.trim().toLowerCase(),
    parts = wanted.split(/\s+/);
  const fits = (/** @type {Term} */ { name, words, text }) => {
    const all = [name, ...words, ...text].join(" ").toLowerCase();
    return parts.every((part) => all.includes(part));
  };
  const begins = (/** @type {Term} */ { name, words }) =>
    [name, ...words].some((word) => word.toLowerCase().startsWith(wanted));
  const found = terms.filter(fits);
  return [...found.filter(begins), ...found.filter((term) => !begins(term))];
};
