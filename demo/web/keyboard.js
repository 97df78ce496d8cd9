/* Arrow keys in a drawing. */
import { stride } from "./grid.js";

/* Arrow keys go from part to part of a drawing, with `columns()` columns; one of them is reached by Tab. Enter and the
   space bar click a part, as they do with a button by themselves. */
export const rove = (holder, selector, columns = () => 1) =>
  holder.addEventListener("keydown", (event) => {
    const part = event.target.closest(selector);
    if (!part) return;
    if ((event.key === "Enter" || event.key === " ") && part.tagName !== "BUTTON") {
      event.preventDefault();
      return part.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
    const parts = [...holder.querySelectorAll(selector)],
      next = parts[parts.indexOf(part) + (stride(event.key, columns()) ?? NaN)];
    if (!next) return;
    event.preventDefault();
    part.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  });
