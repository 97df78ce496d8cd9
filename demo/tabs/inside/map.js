/* The digit of tab "Inside": its patches coloured by their shares, the query framed in blue and one key in red. */

import { svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { buildMap, colourCells } from "../../web/patch_map.js";
import { tokenName, tokenPlace } from "./numbers.js";

/* Build the map into `holder`; its patches are buttons that choose whose query is shown. */
export const buildQueryMap = (holder, model, image) => {
  const cells = buildMap(holder, model, image, {
    role: "group",
    "aria-label": t("Patches: choose whose query is shown"),
  });
  for (const [patch, cell] of cells.entries()) {
    cell.setAttribute("tabindex", patch ? -1 : 0);
    cell.setAttribute("role", "button");
  }
};

/* Colour the patches by their shares and name them for screen readers. */
export const showShares = (holder, { query, shares }, side) => {
  const cells = [...holder.querySelectorAll("[data-patch]")];
  colourCells(cells, shares.slice(1));
  for (const [patch, cell] of cells.entries()) {
    const token = tokenPlace(patch + 1, side),
      share = percent(shares[patch + 1]);
    const label = t("{token}: {share} of {query}'s attention", { token, share, query: tokenName(query) });
    cell.setAttribute("aria-label", label);
  }
};

const frame = (token, { grid_size: side, patch_size: size }, colour, inset) =>
  svg("rect", {
    x: ((token - 1) % side) * size + inset,
    y: Math.floor((token - 1) / side) * size + inset,
    width: size - 2 * inset,
    height: size - 2 * inset,
    fill: "none",
    stroke: colour,
    "stroke-width": size / 12,
    "pointer-events": "none",
    class: "mark",
  });

/* Frame the patches of `query` and `key`; cls, token 0, has no place in the digit. */
export const frameTokens = (holder, model, query, key) => {
  const thick = model.patch_size / 12,
    frames = [];
  if (query) frames.push(frame(query, model, "#5aa5ff", thick / 2));
  if (key) frames.push(frame(key, model, "#ff5d75", key === query ? 1.7 * thick : thick / 2));
  for (const old of holder.querySelectorAll(".mark")) old.remove();
  holder.firstChild.append(...frames);
};
