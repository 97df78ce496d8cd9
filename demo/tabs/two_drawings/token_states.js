/* The maps of the tokens before the first layer and after each: how much of the answer each token carries. */
import { make } from "../../web/dom.js";
import { buildMap } from "../../web/patch_map.js";
import { tint } from "./parts_table.js";
import { largestPatch, shareText, stateName } from "./words.js";

const colour = (cell, share) => {
  cell.setAttribute("fill", share < 0 ? "#4aa3ff" : "#ff8c1a");
  cell.setAttribute("fill-opacity", 0.85 * Math.abs(share));
};

const showState = (state, row, scale, model, image) => {
  const map = make("div", { class: "map" });
  const cells = buildMap(map, model, image, { "aria-hidden": "true" });
  for (const [patch, cell] of cells.entries()) colour(cell, row[patch + 1] / scale);
  const cls = make("p", { class: "cls", "data-token": 0 }, `cls ${shareText(row[0])}`);
  return make("div", { "data-state": state }, make("h4", {}, stateName(state)), map, tint(cls, row[0]));
};

/* `image` is that of the new drawing. */
export const showStates = (holder, shares, model, image) => {
  const { tokens, count } = shares,
    scale = largestPatch(shares);
  holder.replaceChildren(
    ...Array.from({ length: tokens.length / count }, (_, state) =>
      showState(state, tokens.slice(state * count, (state + 1) * count), scale, model, image),
    ),
  );
};

/* The state and the token that an event is about; null for none. */
export const placeOf = (target) => {
  const state = target.closest?.("[data-state]")?.dataset.state,
    { patch, token } = target.dataset ?? {},
    index = patch === undefined ? token : Number(patch) + 1;
  return state === undefined || index === undefined ? null : { state: Number(state), token: Number(index) };
};
