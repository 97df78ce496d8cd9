/* Keys of a figure: colour scales with numbers and units, and signs with their meaning. A key has `width`, `height` and
   `node`, which is drawn from (0, 0). */
import { svg } from "../dom.js";
import { AGAINST, FOR, measure, write } from "./parts.js";

const LABEL = 9.5,
  NUMBER = 9,
  BAR = 180; // units

const GROUND = "#000"; // of the digits, over which colours lie

/* The page's colours over a digit, as they are on a patch of the largest value. */
export const TINT = { colour: "#ff8c1a", opacity: 0.85 },
  OPPOSED = { colour: "#4aa3ff", opacity: 0.85 },
  CLEAR = { colour: "#ff8c1a", opacity: 0 };

/* Scales from the largest negative value to the largest positive one: over a digit, and on white paper. */
export const OVER_DIGIT = [OPPOSED, { colour: GROUND }, TINT],
  ON_PAPER = [{ colour: AGAINST }, { colour: "#fff" }, { colour: FOR }];

/* The numbers of such a scale. */
export const around = (largest) => [`−${largest}`, "0", `+${largest}`];

let scales = 0; // so that each gradient of a page has a name of its own

const gradient = (id, stops) =>
  svg(
    "linearGradient",
    { id },
    ...stops.map(({ colour, opacity = 1 }, index) =>
      svg("stop", { offset: index / (stops.length - 1), "stop-color": colour, "stop-opacity": opacity }),
    ),
  );

const anchors = (count) =>
  Array.from({ length: count }, (_, index) => (index ? (index === count - 1 ? "end" : "middle") : "start"));

/* A colour scale: `label` with the unit, `numbers` from left to right, and the `stops` of the colours over `ground`. */
export const ramp = ({ label, numbers, stops, ground = GROUND }) => {
  const id = `scale-${++scales}`,
    width = Math.max(BAR, measure(label, { size: LABEL })),
    along = anchors(numbers.length);
  const node = svg(
    "g",
    { "data-key": "scale" },
    gradient(id, stops),
    write(0, LABEL, label, { "font-size": LABEL }),
    svg("rect", { y: 14, width: BAR, height: 9, fill: ground }),
    svg("rect", { y: 14, width: BAR, height: 9, fill: `url(#${id})` }),
    ...numbers.map((number, index) =>
      write((BAR * index) / (numbers.length - 1), 33, number, { "font-size": NUMBER, "text-anchor": along[index] }),
    ),
  );
  return { width, height: 36, node };
};

const framed = (colour, dashes) =>
  svg(
    "g",
    {},
    svg("rect", { y: 1, width: 10, height: 10, fill: GROUND }),
    svg("rect", {
      ...{ x: 1.2, y: 2.2, width: 7.6, height: 7.6, fill: "none" },
      ...{ stroke: colour, "stroke-width": 1, "stroke-dasharray": dashes },
    }),
  );

const SHAPES = {
  frame: (colour) => framed(colour, "none"),
  "dashed frame": (colour) => framed(colour, "1.8 1.2"),
  square: (colour) => svg("rect", { y: 1, width: 10, height: 10, fill: colour }),
  dot: (colour) => svg("circle", { cx: 5, cy: 6, r: 4, fill: colour }),
  ring: (colour) => svg("circle", { cx: 5, cy: 6, r: 3.5, fill: "#fff", stroke: colour, "stroke-width": 2 }),
  line: (colour) => svg("line", { x2: 18, y1: 6, y2: 6, stroke: colour, "stroke-width": 2 }),
  dashes: (colour) =>
    svg("line", { x2: 18, y1: 6, y2: 6, stroke: colour, "stroke-width": 2, "stroke-dasharray": "5 3" }),
};

/* A sign with its meaning; `shape` is one of SHAPES. */
export const sign = (text, colour, shape = "square") => {
  const left = ["line", "dashes"].includes(shape) ? 24 : 16;
  return {
    width: left + measure(text, { size: LABEL }),
    height: 13,
    node: svg("g", { "data-key": "sign" }, SHAPES[shape](colour), write(left, 9.5, text, { "font-size": LABEL })),
  };
};
