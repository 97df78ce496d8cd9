/* The four charts on one sheet to download, which needs nothing from the page's style. */
import { svg } from "../../../web/dom.js";
import { paper, write } from "../../../web/save.js";

const STYLE = `svg svg text { font-size: 10px; fill: #555; } .grid { stroke: #ddd; }
  polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } .train { stroke: #2f7de1; } .val { stroke: #ef7d1a; }
  circle { fill: #ef7d1a; } .mark { stroke: #555; stroke-dasharray: 3 3; }`;

/* A copy of a figure's chart, with its title, at its place in a grid of two columns. */
const chartOf = (figure, index) => {
  const chart = figure.querySelector("svg").cloneNode(true),
    { width, height } = chart.viewBox.baseVal,
    x = 20 + 380 * (index % 2),
    y = index < 2 ? 64 : 300;
  for (const [name, value] of Object.entries({ x, y: y + 8, width, height })) chart.setAttribute(name, value);
  const [title, unit] = figure.querySelector("figcaption").childNodes;
  return [svg("text", { x, y }, svg("tspan", { "font-weight": 600 }, title.textContent), unit.textContent), chart];
};

export const drawSheet = (figures, { message, marks }) => {
  const changes = marks.map(({ step, text }, row) => write(20, 470 + 18 * row, `┆ step ${step}: ${text}`)),
    height = 470 + 18 * changes.length;
  return paper(
    780,
    height,
    12,
    svg("style", {}, STYLE),
    write(20, 30, message, { "font-size": 15, "font-weight": 600 }),
    ...figures.flatMap(chartOf),
    write(20, 450, "blue: training batches; orange: held-out digits, after each epoch"),
    ...changes,
  );
};
