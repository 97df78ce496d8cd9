/* The card of a tour: what to do now, and the way back and on. It is a region beside the page and blocks nothing. */
import { t } from "../web/language.js";

const SHORTCUT = "KeyG"; // with Alt: leads to the card, and from there to the target

const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text; // a screen reader reads what is written
};

/* `actions` are `back`, `next`, `leave`, `show` (scroll to the target) and `focusTarget`. */
export const newCard = (element, actions) => {
  const find = (selector) => element.querySelector(selector);
  for (const name of ["back", "next", "leave", "show"])
    find(`.${name}`).addEventListener("click", () => actions[name]());

  const isOpen = () => !element.hidden;
  const has = (node) => element.contains(node);

  document.addEventListener("keydown", (event) => {
    if (!isOpen() || !event.altKey || event.ctrlKey || event.metaKey || event.code !== SHORTCUT) return;
    event.preventDefault();
    if (has(document.activeElement)) actions.focusTarget();
    else element.focus({ preventScroll: true });
  });
  element.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") actions.leave();
  });

  /* The keyboard stays on the card when the button that it was on goes. */
  const keepFocus = () => {
    if (has(document.activeElement) && !document.activeElement.checkVisibility()) find(".next").focus();
  };

  return {
    element,
    /* `step` of `steps`; `words`; `done`: what was asked is done; `last`: there is no next step. */
    show: ({ title, step, steps, words, done, last, back = true }) => {
      element.hidden = false;
      element.classList.toggle("done", done);
      setText(find("h2"), title);
      setText(find(".count"), steps ? t("{n} of {count}", { n: step + 1, count: steps }) : "");
      find(".bar div").style.transform = `scaleX(${steps ? (step + Number(done)) / steps : 1})`;
      setText(find(".words"), `${done && steps ? "✓ " : ""}${words}`);
      find(".back").hidden = !back || step === 0;
      setText(find(".next"), last ?? (done ? t("Next") : t("Skip")));
      find(".next").classList.toggle("main", done);
      keepFocus();
    },
    offerWay: (away) => {
      find(".show").hidden = !away;
      keepFocus();
    },
    focus: () => element.focus({ preventScroll: true }),
    hide: () => {
      element.hidden = true;
    },
  };
};
