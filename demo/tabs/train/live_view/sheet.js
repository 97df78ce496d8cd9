/* What is shown of one snapshot, on one sheet to download. */
import { svg } from "../../../web/dom.js";
import { paper, write } from "../../../web/save.js";

const PIXELS = "image-rendering: pixelated";

const barRow = (row, index, prob) => {
  const y = 80 + 22 * index,
    style = row.classList.contains("best") ? { "font-weight": 700 } : {};
  return [
    write(20, y + 11, row.firstChild.textContent, style),
    svg("rect", { x: 90, y, width: 130 * prob, height: 13, fill: "#ef7d1a" }),
    write(280, y + 11, row.querySelector(".share").textContent, { "text-anchor": "end", ...style }),
  ];
};

/* The maps stand next to each other, each under its title. */
const mapColumn = ([map, title], index) => {
  const copy = map.querySelector("svg").cloneNode(true),
    x = 320 + 170 * index;
  for (const [name, value] of Object.entries({ x, y: 80, width: 150, height: 150 })) copy.setAttribute(name, value);
  return [write(x, 72, title, { "font-size": 11 }), copy];
};

const testDigit = (figure, index) => {
  const x = 320 + 50 * (index % 10),
    y = 272 + 64 * Math.floor(index / 10),
    href = figure.querySelector("canvas").toDataURL(),
    caption = figure.querySelector("figcaption").textContent;
  return [
    svg("image", { href, x, y, width: 42, height: 42, style: PIXELS }),
    write(x + 21, y + 55, caption, { "text-anchor": "middle", "font-size": 11 }),
  ];
};

/* `name` of the digit that the two explanations are of, if the snapshot has them. */
export const drawSheet = (element, snapshot, name) => {
  const find = (selector) => element.querySelector(selector),
    bars = [...find(".bars").children],
    digits = [...find(".test-digits").children],
    maps = [[find(".attention"), "where it looks"]];
  if (snapshot.occlusion) {
    maps.push([find(".occlusion"), `${name}: lost without each patch`], [find(".relevance"), `${name}: relevance`]);
  }
  return paper(
    840,
    20 + Math.max(80 + 22 * bars.length, 272 + 64 * Math.ceil(digits.length / 10)),
    12.5,
    write(20, 28, find(".summary").textContent, { "font-size": 16, "font-weight": 600 }),
    write(20, 48, find(".moment").textContent),
    ...bars.flatMap((row, index) => barRow(row, index, snapshot.probs[index])),
    ...maps.flatMap(mapColumn),
    write(320, 260, `Test digits, read along: ${find(".score").textContent}`, { "font-size": 11 }),
    ...digits.flatMap(testDigit),
  );
};
