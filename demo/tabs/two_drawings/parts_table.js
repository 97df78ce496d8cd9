/* The table of heads, MLPs and whole layers: one row a layer. */
import { diverging } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { fixed } from "../../web/format.js";
import { t } from "../../web/language.js";
import { shareText } from "./words.js";

const STRONGEST = 0.6; // of the colour behind a number: text can be read on it, in the light and in the dark

/* Put the colour of a share behind a number. */
export const tint = (node, share) => {
  node.style.background = diverging(STRONGEST * Math.max(-1, Math.min(share, 1)));
  return node;
};

const filled = (node, share) => make("td", {}, tint(node, share));

const numberText = (share) => fixed(100 * share, 0);

const head = (layer, index, share) =>
  filled(
    make(
      "button",
      {
        ...{ type: "button", "data-layer": layer, "data-head": index, "aria-pressed": false },
        "aria-label": t("Layer {layer}, head {head}: {share}", {
          ...{ layer: layer + 1, head: index + 1, share: shareText(share) },
        }),
      },
      numberText(share),
    ),
    share,
  );

const cell = (share) => filled(make("span", { class: "cell" }, numberText(share)), share);

const title = (text, attributes = {}) => make("th", { scope: "col", ...attributes }, text);

/* The heads have one name for all and a number each, so that eight of them fit on a phone. */
const header = (count) => [
  make(
    "tr",
    {},
    make("td", { rowspan: 2 }),
    title(t("Heads"), { colspan: count, scope: "colgroup" }),
    ...["MLP", t("Whole layer")].map((text) => title(text, { rowspan: 2 })),
  ),
  make("tr", {}, ...Array.from({ length: count }, (_, index) => title(index + 1))),
];

export const showParts = (table, { heads, mlps, layers, num_heads: count }) => {
  const rows = Array.from(mlps, (mlp, layer) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, t("Layer {layer}", { layer: layer + 1 })),
      ...Array.from(heads.slice(layer * count, (layer + 1) * count), (share, index) => head(layer, index, share)),
      cell(mlp),
      cell(layers[layer]),
    ),
  );
  table.replaceChildren(
    make("caption", {}, t("Share of the way to the kept drawing's answer, %")),
    make("thead", {}, ...header(count)),
    make("tbody", {}, ...rows),
  );
};

/* Mark the head that is chosen in all views. */
export const markHead = (table, { layer, head: chosen }) => {
  for (const button of table.querySelectorAll("button")) {
    const { layer: row, head: column } = button.dataset;
    button.setAttribute("aria-pressed", Number(row) === layer && Number(column) === chosen);
  }
};
