import { language, t } from "../web/language.js";
import { termCard } from "./card.js";
import { termList } from "./list.js";
import { markTerms } from "./marks.js";
import { showPlace } from "./place.js";

/* A browser without highlights has no marks; the list has all terms there too. */
const NO_MARKS = { inSight: () => new Set() };

/* The terms in the page's language, sorted by their names in it; their words are one message. */
const translated = (terms) => {
  if (language === "en") return terms;
  const { compare } = new Intl.Collator(language);
  return terms
    .map((term) => ({
      ...term,
      name: t(term.name),
      words: t(term.words.join(", ")).split(", "),
      text: term.text.map((sentence) => t(sentence)),
    }))
    .sort((one, other) => compare(one.name, other.name));
};

export const mount = ({ element, props }) => {
  const find = (selector) => element.querySelector(selector);
  const terms = translated(props.terms);
  const marks = window.CSS?.highlights ? markTerms(terms) : NO_MARKS;
  const show = (term) => showPlace(term.show);
  if (marks !== NO_MARKS) termCard(find(".card"), marks, show);
  const open = termList(find(".all"), terms, marks.inSight, show);
  find(".open").addEventListener("click", open);
};
