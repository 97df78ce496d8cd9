/* The drawing as far as it is drawn, and the image that the model gets of it. */

import { make, paint, svg } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { buildMap } from "../../web/patch_map.js";
import { pathOf } from "./path.js";

const SHEET = 280; // units of the pad's sheet

const line = (attributes) =>
  svg("path", {
    fill: "none",
    stroke: "#fff",
    "stroke-width": 15,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    ...attributes,
  });

/* Draw the strokes into `holder`; the result shows them up to a number of points. */
export const drawSheet = (holder, strokes) => {
  const done = line({ class: "done" }),
    pen = svg("circle", { r: 9, fill: "#ff8c1a", stroke: "#000", "stroke-width": 2 }),
    label = t("The drawing, as far as it is drawn");
  holder.replaceChildren(
    svg(
      "svg",
      {
        viewBox: `0 0 ${SHEET} ${SHEET}`,
        xmlns: "http://www.w3.org/2000/svg",
        role: "img",
        "aria-label": label,
      },
      svg("rect", { width: SHEET, height: SHEET, fill: "#000" }),
      line({ d: pathOf(strokes, Infinity).d, "stroke-opacity": 0.22 }),
      done,
      pen,
    ),
  );
  return (count) => {
    const { d, tip } = pathOf(strokes, count);
    done.setAttribute("d", d);
    pen.setAttribute("cx", tip[0]);
    pen.setAttribute("cy", tip[1]);
  };
};

/* Draw the model's image of each part into `holder`, with attention over it; the result shows a part, and frames the
   patch of `token`. */
export const drawImages = (holder, { model, image, images, attention, share }) => {
  const pixels = model.image_size,
    canvas = make("canvas");
  const pictures = share.map((_, part) => {
    paint(canvas, images.data.subarray(part * pixels ** 2, (part + 1) * pixels ** 2), pixels);
    return canvas.toDataURL();
  });
  const cells = buildMap(holder, model, image, { role: "img", "aria-label": t("The image of this part") }),
    tokens = attention.shape[1];
  return (part, token) => {
    const row = attention.data.subarray(part * tokens + 1, (part + 1) * tokens),
      most = row.reduce((largest, value) => Math.max(largest, value), 0) || 1;
    holder.querySelector("image").setAttribute("href", pictures[part]);
    for (const [patch, cell] of cells.entries()) {
      const framed = token === patch + 1;
      cell.setAttribute("fill", `rgb(255 140 26 / ${(0.7 * row[patch]) / most})`);
      cell.setAttribute("stroke", framed ? "#fff" : "#ffffff40");
      cell.setAttribute("stroke-width", framed ? 0.5 : 0.08);
    }
  };
};
