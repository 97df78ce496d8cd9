/* The image as a grid of patches that are erased or swapped with a click. */
import { paint, svg } from "../../web/dom.js";
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { orderOf } from "./changes.js";

const cell = (index, { grid_size: side, patch_size: size }) =>
  svg("rect", {
    x: (index % side) * size,
    y: Math.floor(index / side) * size,
    width: size,
    height: size,
    tabindex: index ? -1 : 0,
    role: "button",
    "data-place": index,
  });

const nameOf = (place, erased, moved) => {
  if (erased && moved) return t("{place}, erased, moved", { place });
  if (erased) return t("{place}, erased", { place });
  return moved ? t("{place}, moved", { place }) : place;
};

/* The image in `.frame`; `press(index)` is called for a patch that is clicked. */
export const changedImage = (find, press) => {
  const grid = find(".frame svg"),
    canvas = find(".frame canvas");
  let model = null;
  grid.addEventListener("click", ({ target }) => {
    if (target.dataset.place) press(Number(target.dataset.place));
  });
  rove(grid, "rect", () => model?.grid_size);
  return {
    build: (described) => {
      model = described;
      grid.replaceChildren(...Array.from({ length: model.num_patches }, (_, index) => cell(index, model)));
    },
    paint: (image) => paint(canvas, image.data, model.image_size),
    clear: () => paint(canvas, [0], 1),
    /* Show what is changed, and the `first` patch of a swap, null if there is none. */
    show: (changes, first) => {
      const order = orderOf(changes, model.num_patches);
      for (const [index, node] of [...grid.children].entries()) {
        const erased = changes.erased.includes(index),
          moved = order[index] !== index,
          classes = [erased && "gone", moved && "moved", first === index && "first"];
        node.setAttribute("class", classes.filter(Boolean).join(" "));
        node.setAttribute("aria-label", nameOf(place(index + 1, model.grid_size), erased, moved));
      }
    },
    mark: (token) => {
      for (const [index, node] of [...grid.children].entries()) node.classList.toggle("chosen", token === index + 1);
    },
  };
};
