/* The three pictures of the view as one file. */
import { svg } from "../../web/dom.js";
import { HIGH } from "./distance_plot.js";

const placed = (part, attributes) => {
  for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
  return part;
};
const image = (canvas, x, y, side) =>
  svg("image", { href: canvas.toDataURL(), x, y, width: side, height: side, style: "image-rendering: pixelated" });
/* Draw the three pictures of the view `element` on one sheet. */
export const sheet = (element, kind, digits) => {
  const find = (selector) => element.querySelector(selector);
  const plot = find(".plot svg"),
    wide = plot.viewBox.baseVal.width,
    width = Math.max(760, wide + 20),
    canvases = [...element.querySelectorAll(".filters canvas")],
    across = 12,
    title = (x, y, text) => svg("text", { x, y, "font-size": 14, "font-weight": 600 }, text);
  const low = 40 + Math.max(320, Math.ceil(canvases.length / across) * 31) + 30;
  return svg(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${low + HIGH + 20}`,
      width: 2 * width,
      height: 2 * (low + HIGH + 20),
      "font-family": "system-ui, sans-serif",
      fill: "#111",
    },
    svg("rect", { width, height: low + HIGH + 20, fill: "#fff" }),
    title(10, 24, "Similarity of the positions"),
    image(find(".mosaic canvas"), 10, 36, 320),
    title(370, 24, kind === "patterns" ? "Patterns of the patch embedding" : "Filters of the patch embedding"),
    ...canvases.map((canvas, index) =>
      image(canvas, 370 + (index % across) * 31, 36 + Math.floor(index / across) * 31, 28),
    ),
    title(10, low, `Mean attention distance in pixels: ${digits} test digits (full), this drawing (open)`),
    placed(plot.cloneNode(true), { x: 10, y: low + 10, width: wide, height: HIGH }),
  );
};
