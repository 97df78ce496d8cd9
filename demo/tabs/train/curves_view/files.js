/* Continues curves.js: the four charts on one sheet, which needs nothing from the page's style. */
const STYLE = `svg svg text { font-size: 10px; fill: #555; } .grid { stroke: #ddd; } polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } .train { stroke: #2f7de1; } .val { stroke: #ef7d1a; }
  circle { fill: #ef7d1a; } .mark { stroke: #555; stroke-dasharray: 3 3; }`;

const chartOf = (figure, index) => {
  const chart = figure.querySelector("svg").cloneNode(true), { width, height } = chart.viewBox.baseVal, x = 20 + 380 * (index % 2), y = index < 2 ? 64 : 300;
  for (const [name, value] of Object.entries({ x, y: y + 8, width, height })) chart.setAttribute(name, value);
  const [title, unit] = figure.querySelector("figcaption").childNodes;
  return [svg("text", { x, y }, svg("tspan", { "font-weight": 600 }, title.textContent), unit.textContent), chart];
};

const picture = () => {
  const changes = shown.marks.map(([step, what], row) => write(20, 470 + 18 * row, `┆ step ${step}: ${what}`)), height = 470 + 18 * changes.length;
  return paper(780, height, 12, svg("style", {}, STYLE), write(20, 30, shown.message, { "font-size": 15, "font-weight": 600 }),
    ...[...element.querySelectorAll("figure")].flatMap(chartOf), write(20, 450, "blue: training batches; orange: held-out digits, after each epoch"), ...changes);
};
saves(element, { ready: () => shown, first: "Start a training first.", name: () => `training-step-${shown.step}`, picture });
