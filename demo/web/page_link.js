// @ts-check
import { tell } from "./bus.js";

/**
 * A link to what the page shows, changed in what `state` says; "" on a page without links.
 * @param {import("../links/codec.js").LinkState} [state]
 */
export const pageLink = (state = {}) => {
  let link = "";
  tell("link", {
    state,
    take: (/** @type {string} */ address) => {
      link = address;
    },
  });
  return link;
};
