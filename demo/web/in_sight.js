/* Questions that wait until their view is in sight: a closed tab asks the server nothing. */

/* A closed tab and closed details are out of sight. */
export const isInSight = (element) => element.checkVisibility();

/* Returns `ask()`, which calls `question` now if `element` is in sight, or else when it comes into sight, and
   `later()`, after which `question` is called when it comes into sight again. */
export const whenInSight = (element, question) => {
  let waits = true;
  const ask = () => {
    waits = !isInSight(element);
    if (!waits) question();
  };
  new IntersectionObserver(() => {
    if (waits) ask();
  }).observe(element);
  const later = () => {
    waits = true;
  };
  return { ask, later };
};

/* The first element of a selector that is shown, undefined if there is none. */
export const firstShown = (selector) => [...document.querySelectorAll(selector)].find(isInSight);

/* Open the folded parts that hold something of a selector. */
export const unfold = (selector) => {
  for (const folded of document.querySelectorAll(`details:not([open]):has(${selector})`)) folded.open = true;
};

/* Whether the visitor wants no motion. */
export const wantsNoMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
