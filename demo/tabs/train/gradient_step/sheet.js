/* The figure of the gradient step: the digits, the rates and the parts, and their numbers. */
import { svg } from "../../../web/dom.js";
import { FULL, figure } from "../../../web/figure/figure.js";
import { sign } from "../../../web/figure/keys.js";
import { BEFORE, bars, copyOf, fitted, write } from "../../../web/figure/parts.js";
import { percent } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { FALLS, RISES } from "./chart.js";
import { barScale, colourName, movement } from "./parts.js";
import { isInside, number, plainTitle, title } from "./words.js";

const SMALL = { "font-size": 9.5 },
  END = { "text-anchor": "end" },
  LEFT = 170, // where the bars of the parts begin, and their length
  LONG = 320,
  PARTS = 262; // of the first part, below the charts
const box = (x, y, width, height, fill) => svg("rect", { x, y, width, height, fill });

const partRow = (part, row, index, place, style) => {
  const y = PARTS + 20 * row,
    at = (value) => LEFT + (LONG * place(value)) / 100,
    [zero, end] = [at(0), at(part.alone[index])],
    colour = colourName(part),
    x = isInside(part) ? 16 : 0;
  return [
    fitted(x, y + 11, title(part), LEFT - 10 - x),
    ...(colour ? [box(x, y + 14, 7 * title(part).length, 3, style.getPropertyValue(`--${colour}`))] : []),
    box(Math.min(zero, end), y, Math.abs(end - zero), 13, end < zero ? RISES : FALLS),
    box(at(part.predicted[index]) - 1, y - 1, 2, 15, "#111"),
    write(FULL - 90, y + 11, movement(part, index), END),
    write(FULL, y + 11, number(part.gradient), END),
  ];
};

const headings = (high) => [
  write(0, PARTS - 10, t("Which parts did it?"), { "font-weight": 600 }),
  write(LEFT, PARTS - 10, t("fall of the loss by this part alone, up to {most}", { most: number(high) }), SMALL),
  write(FULL - 90, PARTS - 10, t("moved by"), { ...SMALL, ...END }),
  write(FULL, PARTS - 10, t("gradient"), { ...SMALL, ...END }),
];

const digitRows = (before, after, names) =>
  after.map((value, digit) => ({ name: names[digit], value, was: before[digit], text: percent(value) }));

/* `parts` are those that are unfolded; `style` has the colours of the page. */
export const drawSheet = (chart, { before, after, others }, index, { names, headline, parts, style, model }) => {
  const { high, place } = barScale(parts, index),
    probs = after[index].probs;
  return figure({
    title: headline,
    height: PARTS + 20 * parts.length,
    parts: [
      ...bars(digitRows(before.probs, probs, names), {
        x: 0,
        y: 0,
        width: 230,
        step: Math.min(22, 230 / probs.length),
      }),
      copyOf(chart, 260, 0, FULL - 260),
      ...headings(high),
      ...parts.flatMap((part, row) => partRow(part, row, index, place, style)),
    ],
    keys: [
      sign(t("probability before"), BEFORE),
      sign(t("after; loss on the drawing, in nats"), FALLS),
      ...(others ? [sign(t("other digits read right"), RISES, "dashes")] : []),
      sign(t("line on a bar: as the slope predicted"), "#111", "line"),
    ],
    model,
  });
};

/* The losses and probabilities at every rate, and what each part does alone. */
export const stepTable = ({ rates, before, after, others, parts }, names) => ({
  columns: ["learning_rate", "quantity", "of", "value"],
  rows: [
    ["", "loss_before", "drawing", before.loss],
    ...before.probs.map((prob, digit) => ["", "probability_before", names[digit], prob]),
    ...rates.flatMap((rate, index) => [
      [rate, "loss", "drawing", after[index].loss],
      ...after[index].probs.map((prob, digit) => [rate, "probability", names[digit], prob]),
      ...(others ? [[rate, "read_right", `${others.of} other digits`, others.after[index]]] : []),
      ...parts.flatMap((part) => [
        [rate, "fall_of_loss_alone", partName(part), part.alone[index]],
        [rate, "fall_predicted", partName(part), part.predicted[index]],
        [rate, "moved", partName(part), part.moved[index]],
      ]),
    ]),
    ...parts.map((part) => ["", "gradient_norm", partName(part), part.gradient]),
  ],
});

const partName = (part) => (isInside(part) ? `Layer ${part.block + 1}, ${part.name}` : plainTitle(part));
