/* The figure of one snapshot of a training, and its numbers. */
import { figure } from "../../../web/figure/figure.js";
import { around, CLEAR, OVER_DIGIT, ramp, TINT } from "../../../web/figure/keys.js";
import { bars, copyOf, fitted, imageOf, write } from "../../../web/figure/parts.js";
import { percent, plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";

const BARS = 220, // units of the bars
  MAPS = 244, // where the maps begin
  SIDE = 138,
  DIGITS = 200; // where the test digits begin
const SMALL = { "font-size": 9.5 };

const largest = (values) => Math.max(...Array.from(values, Math.abs));

const signed = (label, values) =>
  ramp({ label, numbers: around(plain(Number(largest(values).toPrecision(3)))), stops: OVER_DIGIT });

/* The attention of cls on each patch in the last layer, mean of the heads. */
const looks = ({ attention: { shape, data } }) => {
  const [layers, heads, tokens] = shape;
  return Array.from({ length: tokens - 1 }, (_, patch) => {
    const weights = Array.from(
      { length: heads },
      (_, head) => data[((layers - 1) * heads + head) * tokens + patch + 1],
    );
    return weights.reduce((sum, weight) => sum + weight, 0) / heads;
  });
};

const barRows = (rows, probs) =>
  rows.map((row, index) => ({
    name: row.firstChild.textContent,
    value: probs[index],
    text: row.querySelector(".share").textContent,
    best: row.classList.contains("best"),
  }));

/* The maps stand next to each other, each under its title. */
const mapColumn = ([map, title], index) => {
  const x = MAPS + (SIDE + 10) * index;
  return [fitted(x, 9, title, SIDE, SMALL), copyOf(map.querySelector("svg"), x, 16, SIDE)];
};

const testDigit = (drawn, index) => {
  const [x, y] = [MAPS + 43 * (index % 10), DIGITS + 58 * Math.floor(index / 10)],
    caption = { "text-anchor": "middle", "font-size": 9.5 };
  return [
    imageOf(drawn.querySelector("canvas"), x, y, 38),
    fitted(x + 19, y + 49, drawn.querySelector("figcaption").textContent, 42, caption),
  ];
};

/* `name` of the digit that the two explanations are of, if the snapshot has them. */
export const drawSheet = (element, snapshot, name) => {
  const find = (selector) => element.querySelector(selector),
    rows = [...find(".bars").children],
    digits = [...find(".test-digits").children],
    maps = [[find(".attention"), t("where it looks")]],
    explained = Boolean(snapshot.occlusion);
  if (explained)
    maps.push(
      [find(".occlusion"), t("{digit}: lost without a patch", { digit: name })],
      [find(".relevance"), t("{digit}: relevance", { digit: name })],
    );
  return figure({
    title: find(".summary").textContent,
    lines: [find(".moment").textContent].filter(Boolean),
    height: Math.max(22 * rows.length, DIGITS + 58 * Math.ceil(digits.length / 10)),
    parts: [
      ...bars(barRows(rows, snapshot.probs), { x: 0, y: 0, width: BARS }),
      ...maps.flatMap(mapColumn),
      write(MAPS, DIGITS - 14, t("Test digits, read along: {score}", { score: find(".score").textContent }), SMALL),
      ...digits.flatMap(testDigit),
    ],
    keys: [
      ramp({
        label: t("Where it looks: attention of the last layer"),
        numbers: ["0 %", percent(largest(looks(snapshot)))],
        stops: [CLEAR, TINT],
      }),
      ...(explained
        ? [
            signed(t("{digit}: lost without a patch, log-odds", { digit: name }), snapshot.occlusion.data),
            signed(t("{digit}: relevance", { digit: name }), snapshot.relevance.data),
          ]
        : []),
    ],
    model: { name: null },
  });
};

/* The probabilities, and the values of the maps that the snapshot has, for each patch. */
export const snapshotTable = (snapshot, names) => {
  const { occlusion, relevance } = snapshot;
  const maps = { attention: looks(snapshot), occlusion: occlusion?.data ?? [], relevance: relevance?.data ?? [] };
  return {
    columns: ["step", "quantity", "of", "value"],
    rows: [
      ...snapshot.probs.map((prob, digit) => [snapshot.step, "probability", names[digit], prob]),
      ...Object.entries(maps).flatMap(([quantity, values]) =>
        Array.from(values, (value, patch) => [snapshot.step, quantity, `patch ${patch + 1}`, value]),
      ),
    ],
  };
};
