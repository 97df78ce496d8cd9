import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { saves } from "../../web/save.js";
import { chosen, pointing } from "../../web/selection.js";
import { showCosts } from "./cost_table.js";
import { sheet } from "./sheet.js";
import { tokenDetail } from "./token_detail.js";
import { tokenGrid } from "./token_grid.js";
import { inkiestToken } from "./vectors.js";

const tokenOf = (target) => {
  const button = target.closest(".token");
  return button ? Number(button.dataset.token) : undefined;
};

export const mount = ({ element }) => {
  const find = (selector) => element.querySelector(selector);
  const { point, pin } = pointing(); // a patch under the pointer is chosen in all views until the pointer leaves it
  const grid = tokenGrid(find(".grid"), pin);
  const showDetail = tokenDetail(find);
  let reading = null;

  /* Until somebody chooses, the patch with the most ink is shown. */
  const shownToken = () => chosen().token ?? (reading ? inkiestToken(reading.image, reading.model) : 0);

  const show = () => {
    const token = shownToken();
    for (const button of element.querySelectorAll(".token"))
      button.setAttribute("aria-pressed", Number(button.dataset.token) === token);
    grid.makeReachable(token);
    if (reading) showDetail(reading, token);
  };

  const tokens = find("section");
  tokens.addEventListener("pointerover", ({ target }) => {
    if (tokenOf(target) !== undefined) point(tokenOf(target)); // the gap between two patches changes nothing
  });
  tokens.addEventListener("pointerleave", () => point());
  element.addEventListener("click", ({ target }) => {
    if (tokenOf(target) !== undefined) pin(tokenOf(target));
  });

  saves(element, {
    ready: () => reading,
    name: () => `patches-token-${shownToken()}`,
    picture: () => sheet(reading, shownToken(), find(".title").textContent, find(".grid").children),
  });

  on("nothing", () => {
    reading = null;
    element.classList.add("empty");
    find(".title").textContent = "Draw a digit first";
    grid.clear();
  });

  on("reading", ({ whole, model, image, patch_embed: patchEmbed, pos_embed: posEmbed }) => {
    grid.show(model, image);
    if (!whole) return;
    element.classList.remove("empty");
    reading = { model, image, patchEmbed: unpack(patchEmbed), posEmbed: unpack(posEmbed) };
    showCosts(find, model);
    show();
  });

  on("chosen", show);
};
