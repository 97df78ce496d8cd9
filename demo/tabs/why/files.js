/* The figure of tab "Why": all maps with their scores, and their numbers. */
import { FULL, figure } from "../../web/figure/figure.js";
import { around, OVER_DIGIT, ramp, sign } from "../../web/figure/keys.js";
import { copyOf, fitted, write } from "../../web/figure/parts.js";
import { shortNumber } from "../../web/format.js";
import { t } from "../../web/language.js";

const COLUMNS = 4,
  GAP = 16,
  SIDE = (FULL - (COLUMNS - 1) * GAP) / COLUMNS, // units of a map's side
  HIGH = SIDE + 62; // of a map with its title above and two lines below

const NOTES = { "font-size": 9.5, fill: "#333" };

const largest = (values) => Math.max(...Array.from(values, Math.abs));

const card = ({ title, holder, score, values }, index) => {
  const x = (index % COLUMNS) * (SIDE + GAP),
    y = Math.floor(index / COLUMNS) * HIGH;
  return [
    fitted(x, y + 10, title, SIDE, { "font-weight": 600 }),
    copyOf(holder.firstChild, x, y + 17, SIDE),
    write(x, y + SIDE + 30, score, NOTES),
    write(x, y + SIDE + 43, t("strongest colour: {value}", { value: shortNumber(largest(values)) }), NOTES),
  ];
};

const frameKeys = ({ attention, value }) => {
  if (attention === null || value === null) return [];
  return attention === value
    ? [sign(t("strongest attention and largest value"), "#fff", "frame")]
    : [sign(t("strongest attention"), "#fff", "dashed frame"), sign(t("largest value"), "#fff", "frame")];
};

/* `cards` are the maps, the exact one first: `title`, `holder`, `score` in words, and `values`; `summary` says which
   patches have a frame. */
export const whyFigure = (find, { cards, summary, model }) =>
  figure({
    title: find(".title").textContent,
    lines: [find(".summary").textContent, find(".sum").textContent],
    height: Math.ceil(cards.length / COLUMNS) * HIGH - 10,
    parts: cards.flatMap(card),
    keys: [
      ramp({
        label: t("{title}: value of a patch, log-odds", { title: cards[0].title }),
        numbers: around(shortNumber(largest(cards[0].values))),
        stops: OVER_DIGIT,
      }),
      ...frameKeys(summary),
    ],
    notes: [
      t(
        "Each other map has a scale of its own, from minus to plus its strongest colour: orange supports the " +
          "digit, blue opposes it.",
      ),
      find(find(".scored").hidden ? ".unscored" : ".scored").textContent,
    ],
    model,
  });

const scoresOf = (method, { deletion, insertion, rank }) => {
  const score = deletion === null || insertion === null ? null : (deletion + insertion) / 2;
  return Object.entries({ score, deletion, insertion, rank_agreement: rank }).map(([quantity, value]) => [
    ...[method, quantity, "", "", ""],
    value,
  ]);
};

const valuesOf = (method, quantity, values, side) =>
  Array.from(values, (value, patch) => [
    ...[method, quantity, patch + 1],
    ...[Math.floor(patch / side) + 1, (patch % side) + 1],
    value,
  ]);

/* The short account: a term's patches are joined by "+". */
const accountRows = ({ start, terms, curve }) => [
  ["short_account", "start", "", "", "", start],
  ...terms.map(({ patches, value }) => [
    ...["short_account", "term", patches.map((patch) => patch + 1).join("+")],
    ...["", "", value],
  ]),
  ...curve.map((one) => ["short_account", `r_squared_of_${one.terms}`, "", "", "", one.r_squared]),
];

/* The values of all maps for each patch, the scores of the maps, and the short account. */
export const whyTable = ({ answer, quick }, { grid_size: side }) => ({
  columns: ["method", "quantity", "patch", "row", "column", "value"],
  rows: [
    ...valuesOf(answer.exact ? "shapley_exact" : "shapley_estimated", "value", answer.map, side),
    ...(answer.errors ? valuesOf("shapley_estimated", "standard_error", answer.errors, side) : []),
    ...Object.entries(quick).flatMap(([method, values]) => valuesOf(method, "value", values, side)),
    ...Object.entries(answer.scores).flatMap(([method, score]) => scoresOf(method, score)),
    ...(answer.account ? accountRows(answer.account) : []),
  ],
});
