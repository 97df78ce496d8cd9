/* The map of the test digits: ten paths of dots, one a digit, which separate layer by layer, and the drawing's path
   over it. */

import { digitColour } from "../../web/colours.js";
import { svg } from "../../web/dom.js";
import { t } from "../../web/language.js";

export const MAP_SIDE = 400; // units of the map's side
const REACH = 9; // units from the pointer to a dot that is meant

const middle = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

/* `state` has the `map` of the test digits, the `path` of the drawing (L + 1, 2), the model's `depth`, and the
   `position` of the slider in [0, depth]. */
export const tokenMap = (holder, state) => {
  const parts = { dots: [], flags: [], trail: null, marks: [], me: null, line: null, picture: null, frame: null };

  /* Where dot `index`, or the drawing (index null), lies at the slider's place, between two blocks in proportion. */
  const spot = (index) => {
    const from = Math.floor(state.position),
      to = Math.min(from + 1, state.depth),
      part = state.position - from,
      count = index === null ? 1 : state.map.labels.length;
    const data = index === null ? state.path.data : state.map.points.data,
      one = 2 * (from * count + (index ?? 0)),
      two = 2 * (to * count + (index ?? 0));
    return [data[one] * (1 - part) + data[two] * part, data[one + 1] * (1 - part) + data[two + 1] * part].map(
      (value) => value * MAP_SIDE,
    );
  };

  const layOut = () => {
    const last = 2 * state.depth * state.map.labels.length,
      all = [...state.map.labels.keys()];
    parts.dots = Array.from({ length: 10 }, (_, digit) =>
      svg("path", {
        fill: "none",
        stroke: digitColour(digit),
        "stroke-width": 3.4,
        "stroke-linecap": "round",
        "stroke-opacity": 0.8,
        "data-digit": digit,
      }),
    );
    const flags = Array.from({ length: 10 }, (_, digit) => {
      const ours = all.filter((index) => state.map.labels[index] === digit),
        [x, y] = [0, 1].map(
          (axis) => middle(ours.map((index) => state.map.points.data[last + 2 * index + axis])) * MAP_SIDE,
        );
      return ours.length
        ? svg(
            "text",
            {
              x,
              y,
              "text-anchor": "middle",
              "dominant-baseline": "central",
              "font-family": "system-ui, sans-serif",
              "font-size": 24,
              "font-weight": 800,
              fill: digitColour(digit),
              stroke: "#0b1120",
              "stroke-width": 5,
              "stroke-linejoin": "round",
              "paint-order": "stroke",
              "data-flag": digit,
            },
            String(digit),
          )
        : "";
    });
    parts.trail = svg("polyline", {
      fill: "none",
      stroke: "#fff",
      "stroke-width": 2.2,
      "stroke-linejoin": "round",
      "stroke-linecap": "round",
    });
    parts.marks = Array.from({ length: state.depth + 1 }, () =>
      svg("circle", { r: 3.2, fill: "#0b1120", stroke: "#fff", "stroke-width": 1.6 }),
    );
    parts.line = svg("line", { stroke: "#fff", "stroke-width": 1 });
    parts.me = svg("circle", { r: 6, fill: "#fff", stroke: "#0b1120", "stroke-width": 2 });
    parts.picture = svg("image", { width: 40, height: 40, style: "image-rendering: pixelated" });
    parts.frame = svg("rect", { width: 42, height: 42, rx: 4, fill: "#000", stroke: "#fff", "stroke-width": 2 });
    holder.replaceChildren(
      svg(
        "svg",
        {
          viewBox: `0 0 ${MAP_SIDE} ${MAP_SIDE}`,
          xmlns: "http://www.w3.org/2000/svg",
          role: "img",
          "aria-label": t("Map of test digits and the path of the drawing's cls token"),
        },
        svg("rect", { width: MAP_SIDE, height: MAP_SIDE, fill: "#0b1120" }),
        ...parts.dots,
        ...flags,
        parts.trail,
        ...parts.marks,
        parts.line,
        parts.frame,
        parts.picture,
        parts.me,
      ),
    );
  };

  const show = () => {
    const dots = Array.from({ length: 10 }, () => []);
    state.map.labels.forEach((digit, index) => {
      const [x, y] = spot(index);
      dots[digit].push(`M${x.toFixed(1)} ${y.toFixed(1)}h0`);
    });
    for (const [digit, dot] of parts.dots.entries()) dot.setAttribute("d", dots[digit].join(""));
    const [x, y] = spot(null),
      passed = parts.marks.map((_, block) => [
        state.path.data[2 * block] * MAP_SIDE,
        state.path.data[2 * block + 1] * MAP_SIDE,
      ]);
    parts.marks.forEach((mark, block) => {
      mark.setAttribute("cx", passed[block][0]);
      mark.setAttribute("cy", passed[block][1]);
      mark.setAttribute("visibility", block <= state.position ? "visible" : "hidden");
    });
    parts.trail.setAttribute("points", [...passed.filter((_, block) => block <= state.position), [x, y]].join(" "));
    parts.me.setAttribute("cx", x);
    parts.me.setAttribute("cy", y);
    const [left, top] = [x > MAP_SIDE - 70 ? x - 62 : x + 20, y < 70 ? y + 20 : y - 62];
    for (const [part, inset] of [
      [parts.frame, 0],
      [parts.picture, 1],
    ]) {
      part.setAttribute("x", left + inset);
      part.setAttribute("y", top + inset);
    }
    for (const [attribute, value] of Object.entries({ x1: x, y1: y, x2: left + 21, y2: top + 21 }))
      parts.line.setAttribute(attribute, value);
  };

  /* The dot within reach of a place of the map; one with a picture rather than one without. */
  const dotAt = (x, y) => {
    let found = null,
      least = REACH;
    state.map.labels.forEach((_, index) => {
      const [left, top] = spot(index),
        apart = Math.hypot(left - x, top - y) + (state.map.pictures[index] < 0 ? 3 : 0);
      if (apart < least) {
        least = apart;
        found = index;
      }
    });
    return found;
  };

  const showDrawing = (address) => parts.picture.setAttribute("href", address);
  return { spot, layOut, show, dotAt, showDrawing };
};
