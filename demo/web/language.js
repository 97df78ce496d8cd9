// @ts-check
/* The page's language. English stands in the code and in the templates; a catalogue has each English message with its
   translation: demo/languages/de.json. A message without one stays English. */
import { fileOf } from "./files.js";
import { readStored, writeStored } from "./storage.js";

const KEY = "inkling-language";

/** @type {Record<string, string>} */
export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français", zh: "简体中文" };

/** @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>>} Translation */

const inPage = typeof document !== "undefined"; // not in a unit test

/** @param {unknown} name */
const known = (name) => typeof name === "string" && Object.hasOwn(LANGUAGES, name) && name;

/** The language that the browser wishes for: a key of LANGUAGES. */
export const browserLanguage =
  (inPage && navigator.languages.map((name) => known(name.slice(0, 2))).find(Boolean)) || "en";

/* The language of a link comes first, then the one that was chosen on the page, then the browser's. */
const choose = () => {
  const linked = /(?:^#|&)lang=([a-z]+)/.exec(location.hash)?.[1];
  return known(linked) || known(readStored("localStorage", KEY)) || browserLanguage;
};

/** The page's language: a key of LANGUAGES. */
export const language = inPage ? choose() : "en";

/** Whether a link's `lang` asks for another language than the page has now. @param {string} [linked] */
export const isOther = (linked) => {
  const name = known(linked?.slice(0, 2));
  return Boolean(name) && name !== language;
};

/** The hash of an address without the language in it. @param {string} hash */
export const withoutLanguage = (hash) => {
  const parts = hash.replace(/^#/, "").split("&");
  return `#${parts.filter((part) => part && !part.startsWith("lang=")).join("&")}`;
};

/** @returns {Promise<Record<string, Translation>>} */
const load = async () => {
  if (language === "en") return {};
  try {
    return await (await fileOf(`languages/${language}.json`)).json();
  } catch {
    return {}; // English is better than no page
  }
};
const catalogue = await load();
if (inPage) document.documentElement.lang = language;

/** Messages that were asked for and have no translation: the tests read them. @type {Set<string>} */
export const missing = new Set();

/** Whether a message has a translation. @param {string} message */
export const hasMessage = (message) => Object.hasOwn(catalogue, message);

/** @param {string} message */
const translationOf = (message) => {
  if (language !== "en" && !Object.hasOwn(catalogue, message)) missing.add(message);
  return catalogue[message] ?? message;
};

/** @param {string} text @param {Record<string, unknown>} values */
const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));

/**
 * A message in the page's language: `t("Read as {digit}", { digit: 7 })`.
 * @param {string} message in English
 * @param {Record<string, unknown>} [values]
 */
export const t = (message, values = {}) => {
  const text = translationOf(message);
  return filled(typeof text === "string" ? text : (text.other ?? message), values);
};

const rules = new Intl.PluralRules(language);

/**
 * A message that depends on a number, which it names `{n}`: `plural(3, "{n} step", "{n} steps")`. The catalogue has it
 * below the English plural, with a translation for each plural form of its language.
 * @param {number} n
 * @param {string} one
 * @param {string} many
 * @param {Record<string, unknown>} [values]
 */
export const plural = (n, one, many, values = {}) => {
  const text = translationOf(many),
    form = rules.select(n),
    english = form === "one" ? one : many;
  const chosen = language === "en" ? english : typeof text === "string" ? text : (text[form] ?? text.other ?? english);
  return filled(chosen, { n: grouped(n), ...values });
};

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} value @param {number} digits @param {boolean} [groups] */
const formatted = (value, digits, groups = false) => {
  const key = `${digits} ${groups}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: groups,
    });
    formats.set(key, format);
  }
  return format.format(value);
};

/** A number with `digits` decimals. @param {number} value @param {number} [digits] */
export const decimal = (value, digits = 0) => formatted(value, digits);

/** A whole number with its thousands apart. @param {number} value */
export const grouped = (value) => formatted(value, 0, true);

/** @param {Date} date @param {Intl.DateTimeFormatOptions} [options] */
export const dateText = (date, options = { dateStyle: "medium", timeStyle: "short" }) =>
  new Intl.DateTimeFormat(language, options).format(date);

/* ---- templates ---- */

const INLINE = new Set(["A", "B", "BR", "CODE", "EM", "I", "KBD", "SPAN", "STRONG", "SUB", "SUP"]);
const ATTRIBUTES = ["aria-label", "aria-description", "aria-roledescription", "title", "placeholder", "alt"];

/** @param {string} text */
const squeezed = (text) => text.replace(/\s+/g, " ").trim();
/** @param {Element} element */
const hasWords = (element) =>
  [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && /\p{L}/u.test(node.nodeValue ?? ""));
/** @param {Element} element */
const isSentence = (element) => [...element.querySelectorAll("*")].every(({ tagName }) => INLINE.has(tagName));

/** @param {ChildNode} node */
const translateText = (node) => {
  const text = squeezed(node.nodeValue ?? "");
  if (!/\p{L}/u.test(text)) return;
  const [, before, after] = /^(\s*).*?(\s*)$/s.exec(node.nodeValue ?? "") ?? ["", "", ""];
  node.nodeValue = before + t(text) + after;
};

/**
 * Translate what a static template holds. The text of an element is one message, with the marks in it: `cut into
 * <b>patches</b>`; where it holds more than marks (a control, a picture), each of its texts is one.
 * @param {Element} element
 */
export const translate = (element) => {
  if (language === "en") return;
  for (const name of ATTRIBUTES) {
    const text = element.getAttribute(name);
    if (text && /\p{L}/u.test(text)) element.setAttribute(name, t(squeezed(text)));
  }
  if (["STYLE", "SCRIPT", "CODE"].includes(element.tagName)) return;
  if (hasWords(element) && isSentence(element)) {
    element.innerHTML = t(squeezed(element.innerHTML)); // from our own catalogue, never from a visitor
    return;
  }
  for (const node of [...element.childNodes]) {
    if (node.nodeType === Node.TEXT_NODE) translateText(node);
    else if (node instanceof Element) translate(node);
  }
};

/**
 * Use another language: the page is loaded again, with its drawing and its view.
 * @param {string} name
 */
export const useLanguage = (name) => {
  writeStored("localStorage", KEY, name);
  const hash = withoutLanguage(location.hash);
  history.replaceState(history.state, "", hash.length > 1 ? hash : location.pathname + location.search);
  location.reload();
};
