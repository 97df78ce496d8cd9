/* One map for each patch: how similar its position is to all others. A click chooses the patch. */

import { svg } from "../../../web/dom.js";
import { fixed } from "../../../web/format.js";
import { place } from "../../../web/grid.js";
import { rove } from "../../../web/keyboard.js";
import { t } from "../../../web/language.js";
import { largest, rowsOf } from "../../../web/numbers.js";
import { gapOf, tiles, UNIT } from "./heat_map.js";
import { cosines, meansInWords } from "./similarity.js";

const cellsOf = (side) => {
  const width = UNIT * side,
    step = width + gapOf(side);
  return Array.from({ length: side * side }, (_, at) =>
    svg("rect", {
      x: (at % side) * step,
      y: Math.floor(at / side) * step,
      width,
      height: width,
      role: "button",
      tabindex: at ? -1 : 0,
      "data-token": at + 1,
      "aria-label": t("Patch {n}, {place}", { n: at + 1, place: place(at + 1, side) }),
    }),
  );
};

/* The largest similarity between two different positions. */
const mostApart = (maps) => largest(maps.flatMap((map, at) => [...map].filter((_, index) => index !== at)));

const mostSimilar = (map, token) =>
  [...map.keys()].filter((index) => index + 1 !== token).sort((one, two) => map[two] - map[one])[0];

/* `section` holds the maps; `pin(token)` chooses a patch. Returns `show(model, posEmbed)` and `choose(token)`. */
export const newMosaic = (section, pin) => {
  const find = (selector) => section.querySelector(selector),
    grid = find(".mosaic svg");
  let side = 0,
    maps = null; // one for each token, cls first

  const describe = (token) => {
    const map = maps[token],
      best = mostSimilar(map, token),
      values = { n: token, best: best + 1, place: place(best + 1, side), value: fixed(map[best]) };
    find(".likeness").textContent = token
      ? t("Most similar to patch {n}: patch {best} ({place}), {value}.", values)
      : t("Most similar to cls, which has no place in the image: patch {best} ({place}), {value}.", values);
  };

  const choose = (token) => {
    if (!maps) return;
    for (const cell of grid.children) cell.setAttribute("class", Number(cell.dataset.token) === token ? "chosen" : "");
    describe(token);
  };

  const show = (model, posEmbed) => {
    section.hidden = model.positions === "none";
    side = model.grid_size;
    maps = cosines(rowsOf(posEmbed));
    const patches = maps.slice(1),
      most = mostApart(patches),
      across = (side - 1) * (UNIT * side + gapOf(side)) + UNIT * side;
    tiles(find(".mosaic canvas"), side, patches, most);
    grid.setAttribute("viewBox", `0 0 ${across} ${across}`);
    grid.replaceChildren(...cellsOf(side));
    find(".low").textContent = `−${fixed(most)}`;
    find(".high").textContent = fixed(most);
    find(".fact").textContent = meansInWords(patches, side);
  };

  grid.addEventListener("click", ({ target }) => {
    if (target.dataset.token) pin(Number(target.dataset.token));
  });
  rove(grid, "rect", () => side);
  return { show, choose };
};
