/* What the visitor has chosen, in all views at once: a token (0 is cls, null for none), a layer, a head (MEAN for the
   mean of all heads), the digit that Why explains (null for the predicted one) and Smallest change turns the answer
   into, and what a missing patch is in Why: "erased" or "unseen". */
import { on, tell } from "./bus.js";
import { moved } from "./grid.js";

export const MEAN = -1;

let selection = { token: null, layer: 0, head: MEAN, digit: null, mask_mode: "erased" };
let fitted = null;

export const chosen = () => selection;

/* The model of the last reading, or null. */
export const readingModel = () => fitted;

export const choose = (change) => {
  selection = { ...selection, ...change };
  tell("chosen", selection);
};

/* What is chosen of a model `before` as a choice of `model`: the last layer is always the last, and a patch is the one
   that lies in the same place. */
export const likeIn = ({ token, layer, head, ...rest }, before, model) => ({
  token: token && moved(token, before.grid_size, model.grid_size),
  layer: layer === before.depth - 1 ? model.depth - 1 : Math.min(layer, model.depth - 1),
  head: head < model.num_heads ? head : MEAN,
  ...rest,
});

/* Keep what was chosen where another model has the like of it. Another drawing is asked about the digit that it was
   read as. */
const fit = ({ model, whole }) => {
  const layer = fitted ? selection.layer : model.depth - 1;
  selection = likeIn({ ...selection, layer }, fitted ?? model, model);
  if (whole) selection = { ...selection, digit: null, mask_mode: "erased" }; // what takes seconds needs a click
  fitted = model;
};

on("reading", fit);

/* The token that is pointed at is chosen in all views for as long, and afterwards what was chosen before:
   `point(token)`, or `point()` for none. What is pinned stays, `toggle` lets go of what is pinned already. */
export const pointing = () => {
  let pointed,
    pinned = null;
  const before = () => (pointed === undefined ? chosen().token : pinned);
  const point = (token) => {
    if (token === pointed) return;
    pinned = before();
    pointed = token;
    choose({ token: token ?? pinned });
  };
  const pin = (token) => {
    pinned = token;
    choose({ token });
  };
  return { point, pin, toggle: (token) => pin(before() === token ? null : token) };
};
