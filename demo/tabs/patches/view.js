import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { t } from "../../web/language.js";
import { saves } from "../../web/save.js";
import { chosen, pointing } from "../../web/selection.js";
import { showCosts } from "./cost_table.js";
import { newDetails } from "./details/details.js";
import { measuredCosts } from "./measured_costs.js";
import { patchesFigure, patchesTable } from "./sheet.js";
import { tokenDetail } from "./token_detail.js";
import { tokenGrid } from "./token_grid.js";
import { inkiestToken } from "./vectors.js";

const tokenOf = (target) => {
  const button = target.closest(".token");
  return button ? Number(button.dataset.token) : undefined;
};

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const { point, pin } = pointing(); // a patch under the pointer is chosen in all views until the pointer leaves it
  const grid = tokenGrid(find(".grid"), pin);
  const showDetail = tokenDetail(find);
  const details = newDetails(element, server.filters, pin);
  let reading = null;
  const forgetMeasured = measuredCosts(find, server.measure, {
    source: () => ({ model: reading?.source.model }),
    rows: () => element.querySelectorAll(".story tbody tr"),
  });

  /* Until somebody chooses, the patch with the most ink is shown. */
  const shownToken = () => chosen().token ?? (reading ? inkiestToken(reading.image, reading.model) : 0);

  const show = () => {
    const token = shownToken();
    for (const button of element.querySelectorAll(".token"))
      button.setAttribute("aria-pressed", Number(button.dataset.token) === token);
    grid.makeReachable(token);
    if (!reading) return;
    showDetail(reading, token);
    details.choose(token);
  };

  const tokens = find("section");
  // Where the pointer comes to lie because the page scrolled, nobody points: only a move counts.
  tokens.addEventListener("pointermove", ({ target }) => {
    if (tokenOf(target) !== undefined) point(tokenOf(target)); // the gap between two patches changes nothing
  });
  tokens.addEventListener("pointerleave", () => point());
  element.addEventListener("click", ({ target }) => {
    if (tokenOf(target) !== undefined) pin(tokenOf(target));
  });

  saves(element, {
    ready: () => reading,
    name: () => `patches-token-${shownToken()}`,
    picture: () => patchesFigure(reading, shownToken(), find(".title").textContent, find(".grid").children),
    data: () => patchesTable(reading, shownToken()),
  });

  on("nothing", () => {
    reading = null;
    element.classList.add("empty");
    find(".title").textContent = t("Draw a digit first");
    grid.clear();
    details.empty();
  });

  on("reading", ({ whole, model, source, image, patch_embed: patchEmbed, pos_embed: posEmbed }) => {
    grid.show(model, image);
    if (!whole) return;
    element.classList.remove("empty");
    if (source.model !== reading?.source.model) forgetMeasured();
    reading = { model, source, image, patchEmbed: unpack(patchEmbed), posEmbed: unpack(posEmbed) };
    if (find(".story tbody").dataset.model !== String(source.model)) showCosts(find, model);
    find(".story tbody").dataset.model = String(source.model);
    details.show(reading);
    show();
  });

  on("chosen", show);
};
