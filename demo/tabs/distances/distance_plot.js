/* The plot of the mean attention distance: a dot for each head over test digits, an open one for this drawing. */

import { svg } from "../../web/dom.js";
import { t } from "../../web/language.js";

export const HIGH = 240; // units, the plot's height
const LEFT = 34,
  LOW = 34; // room for what is written beside the plot and below it

/* Draw the plot `wide` pixels wide; null if that is too narrow. `figures` has `distance` and `even` in pixels, `far`
   the distances on this drawing or null, and `label(index)` names a head for screen readers. */
export const distancePlot = (wide, model, figures, far, label) => {
  if (wide <= LEFT) return null;
  const { depth, num_heads: heads } = model,
    top = 5 * Math.ceil((Math.max(...figures.distance, ...(far ?? []), figures.even) + 0.2) / 5);
  const y = (pixels) => 10 + (HIGH - 10 - LOW) * (1 - pixels / top),
    slot = (wide - LEFT) / (depth * heads),
    gap = Math.min(2, slot / 4),
    x = (index) => LEFT + (index + 0.5) * slot;
  const write = (at, height, text, anchor = "middle") =>
    svg("text", { x: at, y: height, "font-size": 11, "text-anchor": anchor, fill: "#444" }, text);
  const lines = Array.from({ length: top / 5 + 1 }, (_, step) => [
    svg("line", { class: "grid", x1: LEFT, x2: wide, y1: y(5 * step), y2: y(5 * step), stroke: "#ddd" }),
    write(LEFT - 6, y(5 * step) + 4, String(5 * step), "end"),
  ]);
  const bands = Array.from({ length: depth }, (_, layer) => [
    ...(layer % 2
      ? []
      : [
          svg("rect", {
            class: "band",
            x: LEFT + layer * heads * slot,
            y: y(top),
            width: heads * slot,
            height: y(0) - y(top),
            fill: "#f4f4f5",
          }),
        ]),
    write(
      LEFT + (layer + 0.5) * heads * slot,
      HIGH - 4,
      wide / depth < 56 ? String(layer + 1) : t("layer {layer}", { layer: layer + 1 }),
    ),
  ]);
  const dots = Array.from({ length: depth * heads }, (_, index) =>
    svg(
      "g",
      {
        class: "head",
        role: "button",
        tabindex: index ? -1 : 0,
        "data-layer": Math.floor(index / heads),
        "data-head": index % heads,
        "aria-label": label(index),
      },
      svg("rect", {
        class: "hit",
        x: x(index) - (slot - gap) / 2,
        y: y(top),
        width: slot - gap,
        height: y(0) - y(top),
        rx: 4,
        fill: "none",
      }),
      ...(far
        ? [
            svg("line", {
              x1: x(index),
              x2: x(index),
              y1: y(figures.distance[index]),
              y2: y(far[index]),
              stroke: "#94a3b8",
              "stroke-width": 1.5,
            }),
            svg("circle", {
              class: "drawing",
              cx: x(index),
              cy: y(far[index]),
              r: Math.min(4.5, slot / 2.2),
              fill: "#fff",
              stroke: "#2f7de1",
              "stroke-width": 2,
            }),
          ]
        : []),
      svg("circle", {
        class: "test",
        cx: x(index),
        cy: y(figures.distance[index]),
        r: Math.min(5, slot / 2.2),
        fill: "#ef7d1a",
      }),
      ...(slot < 11 ? [] : [write(x(index), HIGH - 20, String((index % heads) + 1))]),
    ),
  );
  const even = svg("line", {
    class: "even",
    x1: LEFT,
    x2: wide,
    y1: y(figures.even),
    y2: y(figures.even),
    stroke: "#64748b",
    "stroke-width": 1.5,
    "stroke-dasharray": "6 5",
  });
  return svg(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${wide} ${HIGH}`,
      height: HIGH,
      role: "group",
      "aria-label": t("Mean attention distance of each head, in pixels"),
      "font-family": "system-ui, sans-serif",
    },
    ...lines.flat(),
    ...bands.flat(),
    ...lines.map(([line]) => line),
    even,
    ...dots,
  );
};
