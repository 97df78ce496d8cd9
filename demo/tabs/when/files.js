/* The figure of tab "When": the chart, the drawing and the image at the slider's place, and its numbers. */

import { called } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { CLEAR, ramp, sign, TINT } from "../../web/figure/keys.js";
import { bars, copyOf, fitted, write } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { drawChart, THUMB } from "./chart.js";

const CHART = { width: FULL, height: 170 },
  AXIS = 30, // units below the chart
  SIDE = 190, // of the drawing and the image
  LOW = CHART.height + AXIS + 40, // where they begin
  RIGHT = 2 * (SIDE + 20);
const SMALL = { "font-size": 9.5 },
  BOLD = { "font-size": 10.5, "font-weight": 600 };

const axis = () => [
  ...[0, 25, 50, 75, 100].map((share) => {
    const anchor = { 0: "start", 100: "end" }[share] ?? "middle";
    return write(THUMB + ((FULL - 2 * THUMB) * share) / 100, CHART.height + 13, `${share} %`, {
      ...SMALL,
      "text-anchor": anchor,
    });
  }),
  write(FULL / 2, CHART.height + 26, t("part of the pen's path"), { ...SMALL, "text-anchor": "middle" }),
];

const chartOf = (parts, now, digit) => {
  const holder = make("div"),
    chart = drawChart(holder, parts, CHART);
  chart.moveTo(now);
  chart.singleOut(digit);
  return copyOf(holder.firstChild, 0, 0, FULL);
};

/* The part `now` of all parts; `digit` is singled out, null for none. */
export const whenFigure = (find, { parts, now, digit, sentences }) => {
  const probs = parts.probs[now],
    row = parts.attention.data.subarray(now * parts.attention.shape[1] + 1, (now + 1) * parts.attention.shape[1]),
    step = Math.min(22, SIDE / probs.length);
  return figure({
    title: sentences[0],
    lines: sentences.slice(1),
    height: LOW + Math.max(SIDE, step * probs.length),
    parts: [
      chartOf(parts, now, digit),
      ...axis(),
      fitted(0, LOW - 10, find(".now").textContent, FULL, BOLD),
      copyOf(find(".sheet svg"), 0, LOW, SIDE),
      copyOf(find('[data-map="image"] svg'), SIDE + 20, LOW, SIDE),
      ...bars(
        probs.map((value, index) => ({
          ...{ name: called(index), value, text: percent(value), colour: digitColour(index) },
          best: index === parts.digit[now],
        })),
        { x: RIGHT, y: LOW, width: FULL - RIGHT, step },
      ),
    ],
    keys: [
      ramp({
        label: t("Attention in the last layer, share on a patch"),
        numbers: ["0 %", percent(row.reduce((most, value) => Math.max(most, value), 0))],
        stops: [CLEAR, { ...TINT, opacity: 0.7 }],
      }),
      ...probs.map((_, index) => sign(called(index), digitColour(index))),
    ],
    notes: [
      t(
        "The height of a band is the probability of its class; all together are 100 %. Left: drawn so far; right: " +
          "what " +
          "the model gets.",
      ),
    ],
    model: parts.model,
  });
};

/* The probabilities of every part that was read. */
export const whenTable = ({ share, time, digit, in_distribution: inDistribution, probs }) => ({
  columns: [
    ...["part_of_path", "milliseconds", "predicted", "in_distribution"],
    ...probs[0].map((_, index) => `probability_of_${called(index)}`),
  ],
  rows: probs.map((row, part) => [share[part], time?.[part], called(digit[part]), inDistribution[part], ...row]),
});
