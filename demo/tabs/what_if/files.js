/* The figure of tab "What if": the two maps, and the probabilities before and now. */
import { called } from "../../web/class_names.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { CLEAR, OVER_DIGIT, ramp, sign, TINT } from "../../web/figure/keys.js";
import { BEFORE, bars, copyOf, FOR, fitted } from "../../web/figure/parts.js";
import { percent, shortNumber } from "../../web/format.js";
import { t } from "../../web/language.js";

const SIDE = 214, // units of a map's side
  RIGHT = 2 * (SIDE + 16); // where the bars begin
const BOLD = { "font-size": 10.5, "font-weight": 600 };

const mapWithTitle = (title, holder, index) => {
  const x = index * (SIDE + 16);
  return [fitted(x, 10, title, SIDE, BOLD), copyOf(holder.firstChild, x, 17, SIDE)];
};

const most = (values) => Math.max(...Array.from(values, Math.abs));

/* `changes` says what is changed; `values` are those of the two maps. */
export const whatIfFigure = ({ title, changes, maps, values, before, now, model }) => {
  const captions = maps.map((holder) => holder.nextElementSibling.textContent.split(/\s*[:：]\s*/)),
    [attention, gradients] = values.map(most),
    limit = shortNumber(gradients);
  return figure({
    title,
    lines: [changes || t("Nothing is changed.")],
    height: Math.max(SIDE + 17, 17 + 22 * now.probs.length),
    parts: [
      ...maps.flatMap((holder, index) => mapWithTitle(captions[index][0], holder, index)),
      fitted(RIGHT, 10, t("Probability"), FULL - RIGHT, BOLD),
      ...bars(
        now.probs.map((value, digit) => ({
          ...{ name: called(digit), value, was: before.probs[digit], text: percent(value), best: digit === now.digit },
        })),
        { x: RIGHT, y: 18, width: FULL - RIGHT },
      ),
    ],
    keys: [
      ramp({
        label: t("Attention, share on a patch"),
        numbers: [percent(0), percent(attention)],
        stops: [CLEAR, TINT],
      }),
      ramp({
        label: t("Integrated gradients, log-odds"),
        numbers: [`−${limit}`, "0", `+${limit}`],
        stops: OVER_DIGIT,
      }),
      sign(t("before"), BEFORE),
      sign(t("now"), FOR),
    ],
    notes: [t("In the second map orange supports the class, blue opposes it.")],
    model,
  });
};

const probabilities = (state, { probs }) =>
  probs.map((value, digit) => [state, "probability", called(digit), "", "", value]);

/* The probabilities before and now, and the values of the two maps. */
export const whatIfTable = ({ before, now, values: [attention, gradients], model: { grid_size: side } }) => {
  const patches = (quantity, values) =>
    Array.from(values, (value, patch) => [
      ...["now", quantity, patch + 1],
      ...[Math.floor(patch / side) + 1, (patch % side) + 1],
      value,
    ]);
  return {
    columns: ["state", "quantity", "class_or_patch", "row", "column", "value"],
    rows: [
      ...probabilities("before", before),
      ...probabilities("now", now),
      ...patches("attention", attention),
      ...patches("integrated_gradients", gradients),
    ],
  };
};
