/* The figure and the table of Two drawings. */
import { svg } from "../../web/dom.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { around, ON_PAPER, ramp } from "../../web/figure/keys.js";
import { AGAINST, copyOf, FOR, fitted, write } from "../../web/figure/parts.js";
import { t } from "../../web/language.js";
import { gapsText, scaleText, shareText, stateName, summaryText } from "./words.js";

const HEIGHT = 24, // units of a row
  LEFT = 84, // of the rows' names
  GAP = 14;

/* A cell of the table; the page's own colours depend on its theme. */
const cell = (x, y, width, share) => [
  svg("rect", {
    ...{ x, y, width: width - 3, height: HEIGHT - 3, rx: 3, stroke: "#ccc" },
    fill: share < 0 ? AGAINST : FOR,
    "fill-opacity": Math.min(Math.abs(share), 1),
  }),
  write(x + width / 2 - 1, y + 15, shareText(share), { "text-anchor": "middle" }),
];

const tableParts = ({ heads, mlps, layers, num_heads: count }) => {
  const names = Array.from({ length: count }, (_, index) => t("Head {head}", { head: index + 1 })),
    width = (FULL - LEFT) / (count + 2),
    style = { "text-anchor": "middle", "font-size": 9.5 };
  const header = [...names, "MLP", t("Whole layer")].map((name, column) =>
    fitted(LEFT + (column + 0.5) * width, 10, name, width, style),
  );
  const rows = Array.from(mlps, (mlp, layer) => [
    write(0, 33 + layer * HEIGHT, t("Layer {layer}", { layer: layer + 1 })),
    ...[...heads.slice(layer * count, (layer + 1) * count), mlp, layers[layer]].flatMap((share, column) =>
      cell(LEFT + column * width, 18 + layer * HEIGHT, width, share),
    ),
  ]);
  return [...header, ...rows.flat()];
};

const stateParts = (states, shares, top) => {
  const side = Math.min(110, (FULL - GAP * (states.length - 1)) / states.length);
  return states.flatMap((map, state) => {
    const x = state * (side + GAP);
    return [
      fitted(x, top, stateName(state), side, { "font-size": 9.5 }),
      copyOf(map, x, top + 6, side),
      write(x, top + side + 20, `cls ${shareText(shares.tokens[state * shares.count])}`, { "font-size": 9.5 }),
    ];
  });
};

export const twoDrawingsFigure = (shares, states, model) => {
  const top = 18 + HEIGHT * shares.mlps.length + 24;
  return figure({
    title: t("Which part makes the difference?"),
    lines: [summaryText(shares), gapsText(shares)],
    height: top + 140,
    parts: [...tableParts(shares), ...stateParts(states, shares, top)],
    keys: [
      ramp({
        label: t("Share of the way to the kept drawing's answer, %"),
        numbers: around(100),
        stops: ON_PAPER,
        ground: "#fff",
      }),
    ],
    notes: [scaleText(shares)],
    model,
  });
};

const row = (part, layer, index, share) => [part, layer, index, share];

/* All shares; the layer of a token's state is 0 before the first layer. */
export const twoDrawingsTable = ({ heads, mlps, layers, tokens, num_heads: heads_a_layer, count }) => ({
  columns: ["part", "layer", "head_or_token", "share"],
  rows: [
    ...Array.from(heads, (share, at) =>
      row("head", Math.floor(at / heads_a_layer) + 1, (at % heads_a_layer) + 1, share),
    ),
    ...Array.from(mlps, (share, at) => row("mlp", at + 1, "", share)),
    ...Array.from(layers, (share, at) => row("layer", at + 1, "", share)),
    ...Array.from(tokens, (share, at) => row("token", Math.floor(at / count), at % count, share)),
  ],
});
