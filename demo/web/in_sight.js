/* Questions that wait until their view is in sight: a closed tab asks the server nothing. */

export const isInSight = (element) => element.offsetParent !== null && element.getClientRects().length > 0;

/* Returns `ask()`, which calls `question` now if `element` is in sight, or else when it comes into sight, and `later()`,
   after which `question` is called when it comes into sight again. */
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
