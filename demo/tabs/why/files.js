/* The download of tab "Why": all maps on one sheet. */
import { svg } from "../../web/dom.js";

const COLUMNS = 4,
  CARD = 40,
  TOP = 6; // units of the sheet: a map with its margin, and the title above it

/* Put a copy of each map in `holders` that has a name in `names` on one <svg>. */
export const mapSheet = (holders, names, pixels) => {
  const shown = Object.entries(holders).filter(([key]) => names[key]),
    width = COLUMNS * CARD,
    height = Math.ceil(shown.length / COLUMNS) * (CARD + TOP);
  const cards = shown.flatMap(([key, holder], index) => {
    const x = (index % COLUMNS) * CARD + 2,
      y = Math.floor(index / COLUMNS) * (CARD + TOP) + TOP,
      map = holder.firstChild.cloneNode(true);
    for (const [name, value] of Object.entries({ x, y, width: CARD - 4, height: CARD - 4 }))
      map.setAttribute(name, value);
    const font = { "font-size": 2.6, "font-family": "system-ui, sans-serif", fill: "#111" };
    return [svg("text", { x, y: y - 1.5, ...font }, names[key]), map];
  });
  const size = { viewBox: `0 0 ${width} ${height}`, width: width * 6, height: height * 6, "data-pixels": pixels };
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...size },
    svg("rect", { width, height, fill: "#fff" }),
    ...cards,
  );
};
