/* The figure of tab "Attention": the large map, all maps in small, and their numbers. */

import { make, paint, svg } from "../../web/dom.js";
import { figure } from "../../web/figure/figure.js";
import { CLEAR, ramp, TINT } from "../../web/figure/keys.js";
import { imageOf, write } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";

const LARGE = 300, // units of the large map's side
  LEFT = 344; // where the small maps begin
const SMALL = { "font-size": 9, "text-anchor": "middle", fill: "#333" };

const largeMap = (grid, image, { image_size: pixels }) => {
  const canvas = make("canvas");
  paint(canvas, image.data, pixels);
  const cells = [...grid.children].map((cell) => {
    const copy = cell.cloneNode(),
      asking = cell.classList.contains("query");
    for (const [name, value] of Object.entries({
      stroke: asking ? "#5aa5ff" : "#ffffff40",
      "stroke-width": asking ? 0.5 : 0.08,
      "data-weight": cell.getAttribute("aria-label"),
    }))
      copy.setAttribute(name, value);
    return copy;
  });
  const ground = svg("rect", { width: pixels, height: pixels, fill: "#000" });
  return svg(
    "svg",
    { viewBox: `0 0 ${pixels} ${pixels}`, width: LARGE, height: LARGE },
    ground,
    imageOf(canvas, 0, 0, pixels),
    ...cells,
  );
};

/* The maps of all layers and heads, as the page shows them; a blue frame is around the one that is large. */
const gallery = (buttons, { depth, num_heads: heads }) => {
  const step = Math.min(48, 310 / (heads + 1), 276 / depth),
    names = [t("mean"), ...Array.from({ length: heads }, (_, head) => head + 1)];
  const titles = names.map((name, column) => write(LEFT + 26 + (column + 0.5) * step, 9, name, SMALL));
  const layers = Array.from({ length: depth }, (_, layer) =>
    write(LEFT + 20, 18 + (layer + 0.5) * step, layer + 1, { ...SMALL, "text-anchor": "end" }),
  );
  const maps = buttons.flatMap((button, index) => {
    const [x, y] = [LEFT + 26 + (index % (heads + 1)) * step, 15 + Math.floor(index / (heads + 1)) * step],
      box = { x, y, width: step - 4, height: step - 4, fill: "none", stroke: "#2f7de1", "stroke-width": 2 };
    const frame = button.getAttribute("aria-pressed") === "true" ? [svg("rect", box)] : [];
    return [imageOf(button.firstChild, x, y, step - 4), ...frame];
  });
  const below = write(LEFT + 26, 15 + depth * step + 10, t("columns: heads; rows: layers"), {
    "font-size": 9,
    fill: "#333",
  });
  return [...titles, ...layers, ...maps, below];
};

/* Draw what the view shows of a reading; `row` has the weights of the large map. */
export const attentionFigure = (element, { model, image, query, row }) => {
  const find = (selector) => element.querySelector(selector),
    values = { share: percent(row[0]), rest: percent(1 - row[0]) };
  return figure({
    title: find(".title").textContent,
    lines: [
      query
        ? t("On cls: {share} of the attention; on the patches: {rest}.", values)
        : t("On itself: {share} of the attention; on the patches: {rest}.", values),
    ],
    height: LARGE,
    parts: [
      largeMap(find(".frame svg"), image, model),
      ...gallery([...element.querySelectorAll(".gallery button")], model),
    ],
    keys: [
      ramp({
        label: t("Attention weight, share of the token's attention"),
        numbers: ["0 %", find(".most").textContent],
        stops: [CLEAR, { ...TINT, opacity: 0.82 }],
      }),
    ],
    notes: [
      find(".same input").checked
        ? t("Small maps: all have this colour scale.")
        : t("Small maps: each has its own colour scale, from 0 to its largest weight on a patch."),
      ...(query ? [t("The patch with a blue frame is the one that looks.")] : []),
    ],
    model,
  });
};

/* The weights of all layers and heads for the token that is shown. */
export const attentionTable = (maps, { ofHead, weights, query }, { grid_size: side }) => ({
  columns: ["layer", "head", "from_token", "to_token", "row", "column", "attention"],
  rows: maps.flatMap(([layer, head]) =>
    [...weights(layer, head)].map((weight, token) => [
      ...[layer + 1, ofHead(head), query, token],
      ...(token ? [Math.floor((token - 1) / side) + 1, ((token - 1) % side) + 1] : ["", ""]),
      weight,
    ]),
  ),
});
