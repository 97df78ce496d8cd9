/* Pointing, clicking and keys in tab "Inside". */
import { rove } from "../../web/keyboard.js";
import { choose } from "../../web/selection.js";

/* The token of the patch or row that `target` is in; null outside of them. */
const tokenOf = (target) => {
  const cell = target.closest?.("[data-patch], [data-key]");
  return cell ? Number(cell.dataset.key ?? Number(cell.dataset.patch) + 1) : null;
};

const featureOf = (target) => {
  const cell = target.closest?.("[data-feature]");
  return cell ? Number(cell.dataset.feature) : null;
};

/* Scroll the table, and not the page, until `row` is in sight. */
const reveal = (row) => {
  const box = row.closest(".scroll"),
    above = row.offsetTop - box.querySelector("thead").offsetHeight,
    below = row.offsetTop + 2 * row.offsetHeight - box.clientHeight;
  if (box.scrollTop > above) box.scrollTop = above;
  else if (box.scrollTop < below) box.scrollTop = below;
};

/* Arrow keys walk through rows and columns; Enter and the space bar click. */
const walk = (event, row, step) => {
  const { key, target } = event,
    next = { ArrowUp: row.previousSibling, ArrowDown: row.nextSibling }[key]?.firstChild;
  if (key === "Enter" || key === " ") target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  else if (key === "ArrowLeft") step(-1);
  else if (key === "ArrowRight") step(1);
  else if (next) {
    next.focus({ preventScroll: true });
    reveal(next.parentNode);
  } else return;
  event.preventDefault();
};

/* Follow pointer and keys: they set `pointed`, `pinned` (tokens) and `feature` of `state`, and `mark` shows them. */
export const followPointer = (element, state, mark) => {
  const point = (target) => {
    const token = tokenOf(target),
      feature = featureOf(target);
    if (!state.calculation || (token === state.pointed && feature === state.feature)) return;
    Object.assign(state, { pointed: token, feature });
    mark();
    if (target.closest?.("[data-patch], .cls")) for (const row of element.querySelectorAll("tbody tr.lit")) reveal(row);
  };

  const click = ({ target }) => {
    const token = tokenOf(target),
      feature = featureOf(target);
    if (!state.calculation || (token === null && feature === null)) return;
    if (token !== null && !target.closest("tbody")) return choose({ token });
    if (token !== null) state.pinned = state.pinned === token ? null : token;
    state.feature = feature;
    mark();
  };

  const step = (by) => {
    const width = state.calculation.q.length;
    state.feature = ((state.feature ?? (by > 0 ? -1 : 0)) + by + width) % width;
    mark();
  };

  /* While keys walk, a table may scroll under a pointer that rests: then what it lies on is not what is pointed at. */
  let walking = false;
  element.addEventListener("pointerover", ({ target }) => walking || point(target));
  element.addEventListener("pointerleave", () => walking || point(element));
  element.addEventListener("pointermove", ({ target }) => {
    if (walking) point(target);
    walking = false;
  });
  element.addEventListener("focusin", (event) => point(event.target));
  element.addEventListener("focusout", () => point(element));
  element.addEventListener("click", click);
  element.addEventListener("keydown", (event) => {
    walking = true;
    const row = event.target.closest?.("tbody tr");
    if (state.calculation && row) walk(event, row, step);
  });
  rove(element.querySelector(".map"), "[data-patch]", () => state.reading?.model.grid_size);
};
