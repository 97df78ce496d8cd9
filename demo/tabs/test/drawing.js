/* What the charts of tab "Test" share: colours, text in an <svg>, and pictures of digits from a sheet. */
import { make, svg } from "../../web/dom.js";

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

/* Open a sheet of digits (demo/digit_sheets.py): returns what paints digit `index` of it on a canvas. */
export const openSheet = async ({ sheet, columns }) => {
  const image = new Image();
  if (sheet) {
    image.src = `data:image/png;base64,${sheet}`;
    await image.decode();
  }
  return (canvas, index) => {
    const brush = canvas.getContext("2d");
    brush.clearRect(0, 0, 28, 28);
    brush.drawImage(image, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
    return canvas;
  };
};

export const digitCanvas = () => make("canvas", { width: 28, height: 28 });

/* Digit `index` of an opened sheet as an <image>. */
export const picture = (paintDigit, index, attributes) =>
  svg("image", {
    href: paintDigit(digitCanvas(), index).toDataURL(),
    style: "image-rendering: pixelated",
    ...attributes,
  });
