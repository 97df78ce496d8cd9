/* What the tab shows now: the reading, the probabilities of its tokens, the layer and the token. */

import { place } from "../../web/grid.js";
import { t } from "../../web/language.js";
import { chosen } from "../../web/selection.js";

/* `reading` is the page's; `probs` (L + 1, N, K) are those of its tokens after each layer; `path` (L + 1, 2) is that of
   cls on `map`, the map of the test digits; `position` is the slider's, from 0, before the first layer, to L. */
export const newShown = () => ({
  reading: null,
  probs: null,
  path: null,
  map: null,
  position: 0,
  hovered: null,

  get depth() {
    return this.reading.model.depth;
  },
  get step() {
    return Math.round(this.position);
  },
  get token() {
    return this.hovered ?? chosen().token ?? 0;
  },
  get digit() {
    return chosen().digit ?? this.reading.digit;
  },
  get when() {
    const { step: layer, depth } = this;
    return layer ? t("After layer {layer} of {depth}", { layer, depth }) : t("Before the first layer");
  },
  /* What the head reads. */
  get reader() {
    return this.reading.model.pool === "mean" ? t("the mean of the patches") : "cls";
  },
  /* The probabilities (K) of a token at the step that is shown. */
  row(token) {
    const [, tokens, classes] = this.probs.shape,
      start = (this.step * tokens + token) * classes;
    return this.probs.data.subarray(start, start + classes);
  },
  name(token) {
    return token ? place(token, this.reading.model.grid_size) : this.reader;
  },
});
