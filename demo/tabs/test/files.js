/* The download of tab "Test": all that is measured, on one sheet. */
import { svg } from "../../web/dom.js";
import { setAll, text } from "./drawing.js";

/* A copy of an <svg> at a place of the sheet, `width` wide. */
const copyOf = (drawn, x, y, width) => {
  const copy = drawn.cloneNode(true),
    [, , wide, high] = drawn.getAttribute("viewBox").split(" ").map(Number);
  setAll(copy, { x, y, width, height: (width * high) / wide });
  return copy;
};

/* Draw the sheet from what the page shows; `withDrawing` adds the visitor's own drawing. */
export const resultSheet = (find, withDrawing) => {
  const placed = (selector, ...place) => {
    const drawn = find(`${selector} svg`);
    return drawn ? [copyOf(drawn, ...place)] : [];
  };
  const words = (x, y, selector, size) =>
    text(x, y, find(selector).textContent, { "font-size": size, "text-anchor": "start" });
  const drawing = () => [
    words(770, 78, ".fragility", 9.5),
    ...placed(".shifts", 770, 96, 190),
    ...placed(".ring", 980, 96, 190),
    ...placed(".pens", 770, 300, 150),
  ];
  const charts = [...find(".charts").querySelectorAll("svg")];
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 1200 660", width: 2400, height: 1320, color: "#111" },
    svg("rect", { width: 1200, height: 660, fill: "#fff" }),
    words(20, 24, ".summary", 17),
    words(20, 48, ".detail", 11),
    ...placed(".matrix", 20, 70, 380),
    ...placed(".diagram", 410, 70, 330),
    ...(withDrawing ? drawing() : []),
    words(20, 456, ".sample", 11),
    ...charts.map((chart, at) => copyOf(chart, 20 + 236 * at, 470, 226)),
  );
};
