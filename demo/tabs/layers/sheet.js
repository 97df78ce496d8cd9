/* The figure of tab "Layers": its three maps and the bars of one token, and the probabilities of all tokens. */

import { called } from "../../web/class_names.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { CLEAR, ramp, TINT } from "../../web/figure/keys.js";
import { bars, copyOf, fitted } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";

const SMALL = 152, // units of a small map's side
  LARGE = 344, // of the token map's
  MIDDLE = 168, // where the token map begins
  RIGHT = MIDDLE + LARGE + 16;
const BOLD = { "font-size": 10.5, "font-weight": 600 },
  NARROW = { "font-size": 9, "font-weight": 600 };

const barRows = (shares) => {
  const most = argmax(shares);
  return [...shares].map((value, digit) => ({
    name: called(digit),
    value,
    text: percent(value),
    best: digit === most,
  }));
};

/* Draw the maps of the view `element` and one token's `shares`. */
export const layersFigure = (element, shares, model) => {
  const find = (selector) => element.querySelector(selector),
    asked = find(".asked").textContent,
    map = (key, y) => copyOf(find(`[data-map="${key}"] svg`), 0, y, SMALL);
  return figure({
    title: find(".summary").textContent,
    height: LARGE + 17,
    parts: [
      fitted(0, 10, t("What each patch predicts"), SMALL, NARROW),
      map("says", 17),
      fitted(0, SMALL + 50, asked, SMALL, NARROW),
      map("strength", SMALL + 57),
      fitted(MIDDLE, 10, t("The path of the cls token among test digits"), LARGE, BOLD),
      copyOf(find(".token-map svg"), MIDDLE, 17, LARGE),
      fitted(RIGHT, 10, find(".who").textContent, FULL - RIGHT, BOLD),
      ...bars(barRows(shares), { x: RIGHT, y: 19, width: FULL - RIGHT, step: Math.min(24, 340 / shares.length) }),
    ],
    keys: [ramp({ label: asked, numbers: ["0 %", "50 %", "100 %"], stops: [CLEAR, TINT] })],
    notes: [
      t("Dots: test digits in the colours of their labels. White: the drawing, from layer to layer."),
      find(".here").textContent,
      find(".trust").textContent,
    ],
    model,
  });
};

/* The probabilities of each token after each layer, 0 for before the first, and the place of cls on the map. */
export const layersTable = ({ shape: [steps, tokens, classes], data }, path, { grid_size: side }) => ({
  columns: [
    ...["layer", "token", "row", "column"],
    ...Array.from({ length: classes }, (_, digit) => `probability_of_${called(digit)}`),
    ...["map_x", "map_y"],
  ],
  rows: Array.from({ length: steps * tokens }, (_, index) => {
    const [layer, token] = [Math.floor(index / tokens), index % tokens],
      place = token ? [Math.floor((token - 1) / side) + 1, ((token - 1) % side) + 1] : ["", ""],
      spot = token ? ["", ""] : [path.data[2 * layer], path.data[2 * layer + 1]];
    return [layer, token, ...place, ...data.subarray(index * classes, (index + 1) * classes), ...spot];
  }),
});
