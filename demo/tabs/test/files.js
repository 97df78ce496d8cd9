/* The figure of tab "Test": all that is measured, and its numbers. */
import { FULL, figure } from "../../web/figure/figure.js";
import { sign } from "../../web/figure/keys.js";
import { copyOf, fitted } from "../../web/figure/parts.js";
import { t } from "../../web/language.js";
import { changeText } from "./changes.js";
import { BAD, GOOD } from "./drawing.js";

const GAP = 16,
  THIRD = (FULL - 2 * GAP) / 3,
  TITLE = 18; // units above a chart
const BOLD = { "font-size": 10.5, "font-weight": 600 };

/* A copy of the chart in `holder` under its title, and how high the two are; nothing where it is not there. */
const chartOf = (drawn, title, x, y, width) => {
  if (!drawn) return { parts: [], height: 0 };
  const copy = copyOf(drawn, x, y + TITLE, width);
  return {
    parts: [fitted(x, y + 10, title, width, BOLD), copy],
    height: TITLE + Number(copy.getAttribute("height")) + GAP,
  };
};

/* Charts beside each other in rows: `specs` are [<svg>, title, x, width]. */
const rowOf = (specs, y) => {
  const charts = specs.map(([drawn, title, x, width]) => chartOf(drawn, title, x, y, width));
  return {
    parts: charts.flatMap(({ parts }) => parts),
    bottom: y + Math.max(0, ...charts.map(({ height }) => height)),
  };
};

const rowsOf = (find, withDrawing) => {
  const drawn = (selector) => find(`${selector} svg`),
    charts = [...find(".charts").querySelectorAll("svg")],
    place = (at) => (at % 3) * (THIRD + GAP);
  const robust = charts.map((chart, at) => [chart, at ? "" : t("Accuracy on changed digits"), place(at), THIRD]);
  return [
    [
      [drawn(".matrix"), t("Confusion matrix"), 0, 370],
      [drawn(".diagram"), t("Calibration: probability and accuracy"), 386, FULL - 386],
    ],
    withDrawing
      ? [
          [drawn(".shifts"), t("Your drawing, moved"), 0, 190],
          [drawn(".ring"), t("Turned"), 210, 190],
          [drawn(".pens"), t("With other pens"), 420, 190],
        ]
      : [],
    robust.slice(0, 3),
    robust.slice(3),
  ];
};

/* Draw what the page shows; `withDrawing` adds the visitor's own drawing. */
export const resultSheet = (find, withDrawing, model) => {
  const parts = [],
    words = (selectors) => selectors.map((selector) => find(selector).textContent).filter(Boolean);
  let y = 0;
  for (const specs of rowsOf(find, withDrawing).filter(({ length }) => length)) {
    const row = rowOf(specs, y);
    parts.push(...row.parts);
    y = row.bottom;
  }
  return figure({
    title: find(".summary").textContent || t("Your drawing, changed"),
    lines: words([".detail"]),
    height: y,
    parts,
    keys: [sign(t("right, or read as before"), GOOD), sign(t("wrong, or read as another digit"), BAD)],
    notes: words([...(withDrawing ? [".fragility"] : []), ".sample", ".error"]),
    model,
  });
};

const matrixRows = ({ confusion }) =>
  confusion.flatMap((row, written) =>
    row.map((count, read) => ["confusion", `written ${written}`, `read ${read}`, count]),
  );

const binRows = ({ calibration: { bins } }) =>
  bins.flatMap(([count, confidence, accuracy, low, high]) => {
    const bin = `mean probability ${confidence}`;
    return Object.entries({ digits: count, accuracy, interval_low: low, interval_high: high }).map(
      ([quantity, value]) => ["calibration", bin, quantity, value],
    );
  });

const curveRows = ({ ways, curves }) =>
  ways.flatMap(({ name, amounts, unit }) =>
    amounts.map((amount, at) => ["robustness", name, `${amount} ${unit}`, curves[name][at]]),
  );

const changeRows = (changes) =>
  changes.digits.map((digit, at) => [
    ...["drawing", changeText(changes, at), `read as ${digit}`],
    changes.confidence[at],
  ]);

/* What is known of the model's `test` and `curves`, and of the `changes` of the drawing; each may be missing. */
export const resultTable = ({ test, curves, changes }) => ({
  columns: ["measurement", "of", "quantity", "value"],
  rows: [
    ...(test?.confusion ? [["test", "accuracy", `${test.images} digits`, test.accuracy]] : []),
    ...(test?.confusion ? matrixRows(test) : []),
    ...(test?.calibration ? binRows(test) : []),
    ...(curves ? curveRows(curves) : []),
    ...(changes ? changeRows(changes) : []),
  ],
});
