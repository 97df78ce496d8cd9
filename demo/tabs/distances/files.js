/* The downloads of tab "Distances". */

import { FULL, figure } from "../../web/figure/figure.js";
import { sign } from "../../web/figure/keys.js";
import { copyOf, FOR } from "../../web/figure/parts.js";
import { t } from "../../web/language.js";
import { HIGH } from "./distance_plot.js";

/* The plot as a figure. */
export const distancesFigure = (plot, digits) =>
  figure({
    title: t("Mean attention distance of each head"),
    lines: [t("In pixels, from a patch to the patches that it attends to; cls is left out.")],
    height: HIGH,
    parts: [copyOf(plot, 0, 0, FULL, HIGH)],
    keys: [
      sign(t("mean over {digits} MNIST test digits", { digits }), FOR, "dot"),
      sign(t("this drawing"), "#2f7de1", "ring"),
      sign(t("uniform attention"), "#64748b", "dashes"),
    ],
  });

/* The numbers of the plot, in pixels. */
export const distancesTable = ({ num_heads: heads }, { distance, even }, far) => ({
  columns: ["layer", "head", "test_digits_px", "drawing_px", "uniform_px"],
  rows: distance.map((value, index) => [
    Math.floor(index / heads) + 1,
    (index % heads) + 1,
    value,
    far ? far[index] : "",
    even,
  ]),
});
