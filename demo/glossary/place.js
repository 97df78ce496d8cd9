/* "Show me": the place of the page where a term can be looked at. */
import { firstShown, unfold, wantsNoMotion } from "../web/in_sight.js";
import { open } from "../web/route.js";

const WAIT = 5000, // milliseconds for a view to open and to get its numbers
  GLOW = 2000;

/* The part of the page as soon as it is there; null if it does not come. */
const awaited = async (selector) => {
  const until = performance.now() + WAIT;
  while (performance.now() < until) {
    unfold(selector);
    const part = firstShown(selector);
    if (part) return part;
    await new Promise(requestAnimationFrame);
  }
  return null;
};

/* The keyboard goes on from there. */
const focus = (part) => {
  part.focus({ preventScroll: true });
  if (document.activeElement === part) return;
  part.setAttribute("tabindex", -1);
  part.focus({ preventScroll: true });
  part.addEventListener("blur", () => part.removeAttribute("tabindex"), { once: true });
};

const point = (part) => {
  part.scrollIntoView({ block: "center", behavior: wantsNoMotion() ? "auto" : "smooth" });
  focus(part);
  const outline = { outline: "3px solid var(--color-accent)", outlineOffset: "4px" };
  part.animate([outline, { ...outline, offset: 0.8 }, { ...outline, outlineColor: "transparent" }], GLOW);
};

/* Open the view of a term and point at the part that it is about. */
export const showPlace = async ({ view, selection, selector }) => {
  if (view) open(view, selection);
  const part = await awaited(selector ?? "#tabs h2");
  if (part) point(part);
};
