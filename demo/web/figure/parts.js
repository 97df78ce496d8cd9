/* What figures are drawn from: text, copies of what the page shows, and bars. */
import { make, svg } from "../dom.js";
import { shorten } from "./text.js";

export const FONT = "system-ui, sans-serif";
export const INK = "#111",
  FOR = "#ef7d1a",
  AGAINST = "#2f7de1",
  BEFORE = "#94a3b8";

let brush = null;

/* The width of a text in units of a figure. A little is added, because a file may be shown in another font. */
export const measure = (text, { size, weight = 400 }) => {
  brush ??= make("canvas").getContext("2d");
  brush.font = `${weight} 100px ${FONT}`;
  return (1.04 * brush.measureText(text).width * size) / 100;
};

/* Text at a place; `more` are attributes. */
export const write = (x, y, words, more = {}) => svg("text", { x, y, ...more }, String(words));

/* Text that is shortened to at most `width` units. */
export const fitted = (x, y, words, width, more = {}) => {
  const style = { size: more["font-size"] ?? 11, weight: more["font-weight"] ?? 400 };
  return write(x, y, shorten(String(words), width, style, measure), more);
};

/* A copy of an <svg> of the page at a place, `width` x `height`; without a height it keeps its shape. */
export const copyOf = (drawn, x, y, width, height) => {
  const copy = drawn.cloneNode(true),
    [, , wide, high] = drawn.getAttribute("viewBox").split(" ").map(Number);
  for (const [name, value] of Object.entries({ x, y, width, height: height ?? (width * high) / wide }))
    copy.setAttribute(name, value);
  return copy;
};

/* What a <canvas> shows, as an <image> of `side` x `side` with sharp pixels. */
export const imageOf = (canvas, x, y, side) =>
  svg("image", { href: canvas.toDataURL(), x, y, width: side, height: side, style: "image-rendering: pixelated" });

/* Give the parts of a copied <svg> what the page's style gives them: attributes by selector. */
export const styled = (drawn, rules) => {
  for (const [selector, attributes] of Object.entries(rules))
    for (const node of drawn.querySelectorAll(selector))
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return drawn;
};

const box = (x, y, width, height, fill) => svg("rect", { x, y, width: Math.max(width, 0), height, fill });

const barOf = ({ value, was, colour = FOR }, x, y, width) =>
  was === undefined
    ? [box(x, y + 2, width * value, 12, colour)]
    : [box(x, y, width * was, 5, BEFORE), box(x, y + 6, width * value, 9, colour)];

/* Bars below each other in `width` units, `step` apart. A row has a `name`, its `value` in [0, 1] and `text`; with the
   value `was` before it has two bars; the `best` row is bold. */
export const bars = (rows, { x, y, width, step = 22 }) => {
  const style = { size: 11, weight: 700 },
    wide = (key) => Math.max(...rows.map((row) => measure(row[key], style))),
    names = Math.min(wide("name"), 0.3 * width) + 8,
    texts = wide("text") + 8;
  return rows.flatMap((row, index) => {
    const top = y + step * index,
      bold = row.best ? { "font-weight": 700 } : {};
    return [
      fitted(x, top + 12, row.name, names - 8, bold),
      ...barOf(row, x + names, top, width - names - texts),
      write(x + width, top + 12, row.text, { "text-anchor": "end", ...bold }),
    ];
  });
};
