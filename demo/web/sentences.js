/* Sentences that Python has finished in English, in the page's language: each is found by its form, which has a name in
   braces for each value in it. A pair is the singular and the plural of a sentence that depends on {n}. */
import { decimal, grouped, hasMessage, language, plural, t } from "./language.js";
import { FRAGMENTS, SENTENCES } from "./server_messages.js";

const NUMBER = /^-?\d{1,3}(?:,\d{3})+$|^-?\d+(?:\.\d+)?$/; // 12,345 or 0.25
const NAME = /\\\{(\w+)\\\}/g; // in a form whose special characters are escaped

/* What matches a form; its values are named groups. A name that comes again stands for the same value. */
const pattern = (form) => {
  const literal = form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    names = new Set();
  const group = (_, name) => {
    if (names.has(name)) return `\\k<${name}>`;
    names.add(name);
    return name === "n" ? "(?<n>[\\d,]+)" : `(?<${name}>.+?)`;
  };
  return new RegExp(`^${literal.replace(NAME, group)}$`, "s");
};

/* The forms with the most words of their own come first: others could take these words for values. */
const own = (form) => form.replace(/\{\w+\}/g, "").length;
const compiled = (forms) =>
  forms
    .flatMap((entry) => {
      const [one, many] = Array.isArray(entry) ? entry : [entry, null];
      return (many ? [one, many] : [one]).map((form) => ({ form, one, many, pattern: pattern(form) }));
    })
    .sort((one, other) => own(other.form) - own(one.form));

let sentences = null, // compiled when the first is asked for: English needs none
  fragments = null;

const localNumber = (text) => {
  const digits = text.replaceAll(",", ""),
    places = digits.split(".")[1]?.length ?? 0;
  return text.includes(",") ? grouped(Number(digits)) : decimal(Number(digits), places);
};

/* A value of a sentence: a number, words that have a form of their own, or what stays as it is. */
const translatedValue = (text) => {
  if (NUMBER.test(text)) return localNumber(text);
  if (/^[([]/.test(text)) return text; // a range: (0, 1]
  return translated(text, fragments) ?? text;
};

const translated = (text, forms) => {
  if (hasMessage(text)) return t(text);
  for (const { one, many, pattern } of forms) {
    const groups = pattern.exec(text)?.groups;
    if (!groups && !pattern.test(text)) continue;
    const { n, ...rest } = groups ?? {},
      values = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, translatedValue(value)]));
    if (many) return plural(n === undefined ? 1 : Number(n.replaceAll(",", "")), one, many, values);
    return t(one, n === undefined ? values : { ...values, n: translatedValue(n) });
  }
  return null;
};

/* A sentence of the server in the page's language; one whose form is not known stays English. */
export const sentence = (text) => {
  if (language === "en" || !text) return text;
  sentences ??= compiled(SENTENCES);
  fragments ??= compiled(FRAGMENTS);
  return translated(text, sentences) ?? text;
};

/* The same for a part of a sentence: "49 patches". */
export const fragment = (text) => {
  if (language === "en" || !text) return text;
  fragments ??= compiled(FRAGMENTS);
  return translated(text, fragments) ?? text;
};
