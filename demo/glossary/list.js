/* The dialog of all terms, with a search. */
import { make } from "../web/dom.js";
import { plural, t } from "../web/language.js";
import { search } from "./words.js";

/* One term of the list. */
const entry = (term, show) => {
  const button = make(
    "button",
    { type: "button", "aria-label": t("Show me: {term}", { term: term.name }) },
    t("Show me"),
  );
  button.addEventListener("click", () => show(term));
  return make(
    "li",
    { "data-term": term.id },
    make("h3", { tabindex: -1 }, term.name),
    make("p", {}, term.text.join(" ")),
    button,
  );
};

/* Returns `open()`. `inSight()` are the ids of the terms in the open view; `show(term)` follows "Show me". */
export const termList = (dialog, terms, inSight, show) => {
  const find = (selector) => dialog.querySelector(selector),
    list = find(".terms"),
    input = find("input");
  const entries = new Map();

  const filter = () => {
    const found = search(terms, input.value);
    list.replaceChildren(...found.map(({ id }) => entries.get(id)));
    find(".count").textContent =
      found.length === terms.length
        ? plural(found.length, "{n} term", "{n} terms")
        : t("{n} found", { n: found.length });
    find(".here").hidden = input.value.trim() !== "" || !find(".chips").childElementCount;
  };

  const goTo = ({ id }) => {
    const title = entries.get(id).querySelector("h3");
    title.scrollIntoView({ block: "center" });
    title.focus({ preventScroll: true });
  };
  const chip = (term) => {
    const button = make("button", { type: "button" }, term.name);
    button.addEventListener("click", () => goTo(term));
    return button;
  };

  const build = () => {
    for (const term of terms) {
      const leave = (shown) => {
        dialog.close();
        show(shown);
      };
      entries.set(term.id, entry(term, leave));
    }
  };

  input.addEventListener("input", filter);
  find(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // beside its content
  return () => {
    if (!entries.size) build();
    const here = inSight();
    find(".chips").replaceChildren(...terms.filter(({ id }) => here.has(id)).map(chip));
    input.value = "";
    filter();
    dialog.showModal();
    dialog.scrollTop = 0;
    if (matchMedia("(pointer: fine)").matches) input.focus(); // on a phone its keyboard would cover the terms
  };
};
