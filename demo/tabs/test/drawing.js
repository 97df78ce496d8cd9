/* What the charts of tab "Test" share: colours, text in an <svg>, and pictures of digits from a sheet. */
import { digitCanvas } from "../../web/digit_sheet.js";
import { svg } from "../../web/dom.js";

export const GOOD = "#2f7de1",
  BAD = "#ef7d1a";

/* Text in an <svg> takes the page's colour, and in a file the file's. */
export const text = (x, y, words, attributes = {}) =>
  svg(
    "text",
    {
      x,
      y,
      "font-family": "system-ui, sans-serif",
      "font-size": 8,
      fill: "currentColor",
      "text-anchor": "middle",
      "dominant-baseline": "central",
      ...attributes,
    },
    String(words),
  );

export const chart = (width, height, label, ...children) =>
  svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, xmlns: "http://www.w3.org/2000/svg", role: "group", "aria-label": label },
    ...children,
  );

export const setAll = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
};

/* Digit `index` of an opened sheet as an <image>. */
export const picture = (paintDigit, index, attributes) =>
  svg("image", {
    href: paintDigit(digitCanvas(), index).toDataURL(),
    style: "image-rendering: pixelated",
    ...attributes,
  });
