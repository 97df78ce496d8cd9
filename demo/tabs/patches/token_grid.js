/* The patches of the drawing as a grid of buttons, one for each token. */

import { make, paint } from "../../web/dom.js";
import { patch, place, stride } from "../../web/grid.js";
import { t } from "../../web/language.js";

const FINE = 7; // patches a side: a finer grid has no numbers

const tokenButton = (token, side) =>
  make(
    "button",
    {
      type: "button",
      class: "token",
      "data-token": token,
      "aria-pressed": "false",
      tabindex: -1,
      "aria-label": t("Token {token}, {place}", { token, place: place(token, side) }),
    },
    make("canvas", { "aria-hidden": "true" }),
    make("span", { class: "name" }, String(token)),
  );

/* The grid in `holder`; `pin(token)` chooses the token that an arrow key goes to. */
export const tokenGrid = (holder, pin) => {
  let columns = null;

  holder.addEventListener("keydown", (event) => {
    const move = stride(event.key, columns),
      next = holder.querySelector(`[data-token="${Number(event.target.dataset.token) + move}"]`);
    if (!move || !next) return;
    event.preventDefault();
    next.focus();
    pin(Number(next.dataset.token));
  });

  const build = ({ num_patches: count, grid_size: side }) => {
    columns = side;
    holder.style.gridTemplateColumns = `repeat(${side}, minmax(0, 1fr))`;
    holder.style.setProperty("--gap", `${Math.max(2, 32 / side)}px`);
    holder.classList.toggle("fine", side > FINE);
    holder.replaceChildren(...Array.from({ length: count }, (_, index) => tokenButton(index + 1, side)));
  };

  return {
    clear: () => {
      for (const button of holder.children) paint(button.firstChild, [0], 1);
    },

    show: (model, image) => {
      if (columns !== model.grid_size) build(model);
      for (const [index, button] of [...holder.children].entries())
        paint(button.firstChild, patch(image.data, model.image_size, model.patch_size, index), model.patch_size);
    },

    /* Put the button of `token` into the tab order, or the first one for cls; the arrow keys reach the others. */
    makeReachable: (token) => {
      for (const button of holder.children) button.tabIndex = Number(button.dataset.token) === (token || 1) ? 0 : -1;
    },
  };
};
