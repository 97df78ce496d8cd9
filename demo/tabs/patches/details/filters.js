/* The filters of the patch embedding: all of them, and one in large with its response on the drawing. */

import { make } from "../../../web/dom.js";
import { fixed } from "../../../web/format.js";
import { rove } from "../../../web/keyboard.js";
import { t } from "../../../web/language.js";
import { largest } from "../../../web/numbers.js";
import { showFilter } from "./filter.js";
import { tiles } from "./heat_map.js";

const ABOUT = {
  patterns: t(
    "The patch embedding is one linear projection of the pixels. These are its singular vectors (principal " +
      "components without centring), the strongest first. The bar shows the strength; each has its own colour scale.",
  ),
  filters: t(
    "The rows of the linear projection: each filter gives one number of the embedding. Those with the largest norm " +
      "come first; all share one colour scale.",
  ),
};

const filterButton = (name, strength, row, { side, most, share }, index) => {
  const canvas = make("canvas", { "aria-hidden": "true" }),
    amount = make("div", { class: "amount" });
  tiles(canvas, side, [row], most);
  amount.style.transform = `scaleX(${share})`;
  const label = t("{filter}, strength {strength}", { filter: name, strength: fixed(strength) });
  return make("button", { type: "button", "data-filter": index, "aria-label": label }, canvas, amount);
};

/* `section` holds the filters. Returns `take(known, reading)` for what the server knows of a model, `draw(reading)` for
   another drawing, and `forget()`. */
export const newFilters = (section) => {
  const find = (selector) => section.querySelector(selector);
  let known = null,
    reading = null,
    kind = "patterns",
    pinned = 0,
    pointed = null;

  const strengths = () =>
    kind === "patterns" ? [...known.gains] : known.filters.map((filter) => Math.hypot(...filter));
  const nameOf = (index) =>
    kind === "patterns" ? t("Pattern {n}", { n: index + 1 }) : t("Filter {n}", { n: known.features[index] + 1 });

  const showOne = () => {
    if (!known) return;
    const index = pointed ?? pinned;
    for (const button of find(".filters").children) {
      button.setAttribute("aria-pressed", Number(button.dataset.filter) === index);
      button.tabIndex = Number(button.dataset.filter) === index ? 0 : -1;
    }
    showFilter(find, { known, reading, kind, index, strengths: strengths(), name: nameOf(index) });
  };

  const showAll = () => {
    const rows = known[kind],
      powers = strengths(),
      common = kind === "filters" && Math.max(...rows.map(largest));
    pinned = Math.min(pinned, rows.length - 1);
    find(".about").textContent = ABOUT[kind];
    find(".filters").replaceChildren(
      ...rows.map((row, index) => {
        const look = { side: reading.model.patch_size, most: common || largest(row), share: powers[index] / powers[0] };
        return filterButton(nameOf(index), powers[index], row, look, index);
      }),
    );
    showOne();
  };

  const indexOf = (target) => {
    const index = target?.closest?.("[data-filter]")?.dataset.filter;
    return index === undefined ? null : Number(index);
  };
  const point = (target) => {
    if (indexOf(target) === pointed) return;
    pointed = indexOf(target);
    showOne();
  };
  section.addEventListener("pointerover", ({ target }) => point(target));
  section.addEventListener("pointerleave", () => point(null));
  section.addEventListener("focusin", ({ target }) => point(target));
  find(".filters").addEventListener("click", ({ target }) => {
    pinned = indexOf(target) ?? pinned;
    showOne();
  });
  rove(find(".filters"), "button");
  for (const input of section.querySelectorAll(".kinds input"))
    input.addEventListener("change", () => {
      kind = input.value;
      pinned = 0;
      if (known) showAll();
    });

  return {
    take: (latest, ofModel) => {
      [known, reading] = [latest, reading ?? ofModel];
      showAll();
    },
    draw: (latest) => {
      reading = latest;
      showOne();
    },
    forget: () => {
      [known, pointed] = [null, null];
      for (const old of [".filters", ".weights", ".response"]) find(old).replaceChildren();
    },
  };
};
