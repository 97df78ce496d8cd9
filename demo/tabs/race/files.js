/* The figure and the table of a race. */
import { unpack } from "../../web/arrays.js";
import { make } from "../../web/dom.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { OVER_DIGIT, ramp, sign } from "../../web/figure/keys.js";
import { copyOf, fitted, styled, write } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { gridOf, place } from "../../web/grid.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { colourMap } from "../../web/patch_map.js";
import { chart, HIGH } from "./chart.js";
import { accuracyText, CHANGES, endText, NAMES, readText, weightsText } from "./words.js";

const COLOURS = { vit: "#d9640f", cnn: "#2f7de1", mlp: "#2a9d63" }, // those of view.css
  DASHES = { vit: "none", cnn: "7 3", mlp: "2 3" },
  SHAPES = { vit: "line", cnn: "dashes", mlp: "dashes" };
const SIDE = 150, // units of a map
  COLUMN = FULL / 3, // of a network
  NAMES_WIDTH = 240, // of the table's first column
  ROW = 18,
  GAP = 16;
const BOLD = { "font-size": 10.5, "font-weight": 600 };

const curves = (networks, axis) => {
  const style = { text: { "font-size": 11, fill: "#555" }, ".grid": { stroke: "#ddd" }, ".name": { fill: "#111" } };
  for (const { name } of networks)
    style[`[data-network="${name}"] path`] = {
      ...{ fill: "none", "stroke-width": 2.5 },
      ...{ stroke: COLOURS[name], "stroke-dasharray": DASHES[name] },
    };
  return styled(copyOf(chart(FULL, networks, axis), 0, 0, FULL), style);
};

const mapOf = ({ values }, image, x, y) => {
  const holder = make("div"),
    numbers = unpack(values).data;
  colourMap(holder, gridOf(numbers.length), image, numbers);
  return copyOf(holder.querySelector("svg"), x, y, SIDE);
};

/* What each network reads in the drawing, and why. */
const drawingParts = (networks, why, top) =>
  networks.flatMap((network, at) => {
    const { name, probs } = network,
      x = at * COLUMN;
    const text = `${NAMES[name]}: ${argmax(probs)}, ${readText(probs)}`;
    const map = why ? [mapOf(why.maps[name], why.image, x, top + 18)] : [];
    return [fitted(x, top + 10, text, COLUMN - 8, BOLD), ...map];
  });

const tableParts = (networks, top) => {
  const right = (at) => NAMES_WIDTH + (at + 1) * ((FULL - NAMES_WIDTH) / networks.length),
    end = (bold) => ({ "text-anchor": "end", "font-weight": bold ? 700 : 400 });
  const line = (y, title, cells, best) => [
    fitted(0, y, title, NAMES_WIDTH - 8),
    ...cells.map((cell, at) => write(right(at), y, cell, end(at === best))),
  ];
  const header = line(
    top + 10 + ROW,
    "",
    networks.map(({ name }) => NAMES[name]),
  );
  const rows = Object.keys(CHANGES).flatMap((change, row) => {
    const shares = networks.map(({ results }) => results[change]);
    return line(top + 10 + (row + 2) * ROW, CHANGES[change], shares.map(percent), argmax(shares));
  });
  const title = fitted(0, top + 10, t("Share of 1,000 test digits that is read right"), FULL, BOLD);
  return [title, ...header, ...rows];
};

const legend = (network) =>
  sign(
    `${NAMES[network.name]}: ${weightsText(network)}, ${accuracyText(network)}`,
    COLOURS[network.name],
    SHAPES[network.name],
  );

/* The figure of a race that is over. `axis` is that of the chart; `why`, of the drawing on the page, has the `maps` and
   the `image`, or is null. */
export const raceFigure = (networks, why, axis) => {
  const reads = networks.every(({ probs }) => probs),
    top = HIGH + GAP,
    drawn = reads ? (why ? SIDE + 18 + GAP : 18 + GAP) : 0;
  return figure({
    title: endText(networks),
    height: top + drawn + (Object.keys(CHANGES).length + 2) * ROW,
    parts: [
      curves(networks, axis),
      ...(reads ? drawingParts(networks, why, top) : []),
      ...tableParts(networks, top + drawn),
    ],
    keys: [
      ...networks.map(legend),
      ...(reads && why
        ? [
            ramp({
              label: t("Shapley value of a patch, of each map's largest"),
              numbers: ["−1", "0", "+1"],
              stops: OVER_DIGIT,
            }),
          ]
        : []),
    ],
    notes: [
      t(
        "None of the three saw a moved, stretched, turned or shuffled digit while it learned. So the numbers show what its form alone gives it.",
      ),
    ],
    model: { name: networks.map(({ name }) => NAMES[name]).join(", ") },
  });
};

const valueRows = ({ name }, { digit, values, exact }) => {
  const numbers = [...unpack(values).data],
    what = `${exact ? "exact" : "estimated"} Shapley value for ${digit}`,
    side = Math.sqrt(numbers.length);
  return numbers.map((value, at) => [name, what, place(at + 1, side), "", "", value]);
};

/* The curves, the test digits, and what each network reads in the drawing. */
export const raceTable = (networks, why) => ({
  columns: ["network", "quantity", "of", "step", "seconds", "value"],
  rows: networks.flatMap((network) => {
    const { name, points, results, probs = [] } = network,
      [step, seconds] = points.at(-1) ?? ["", ""];
    return [
      ...points.map(([at, time, share]) => [name, "accuracy", "held-out digits", at, time, share]),
      ...Object.entries(results).map(([change, share]) => [
        name,
        "accuracy",
        `test digits ${change}`,
        step,
        seconds,
        share,
      ]),
      ...probs.map((share, digit) => [name, "probability", digit, "", "", share]),
      ...(why ? valueRows(network, why.maps[name]) : []),
    ];
  }),
});
