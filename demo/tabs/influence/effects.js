/* The table of the check: what unlearning each group does to this answer, and to those of test digits on average. */
import { called } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { afterText, changeText, groupText, intervalText } from "./words.js";

const GROUPS = ["supporters", "nearest", "hardest", "same_label", "random"];

const bar = (change, most) => {
  const fill = make("span", { class: change > 0 ? "fill raised" : "fill" });
  fill.style.width = `${(100 * Math.abs(change)) / most}%`;
  return make("span", { class: "track", "aria-hidden": "true" }, fill);
};

const average = (row) =>
  make("td", {}, make("b", {}, changeText(row[0])), " ", make("span", { class: "small" }, intervalText(row)));

const rowOf = (group, effect, measured, target, most) =>
  make(
    "tr",
    { "data-group": group },
    make("th", { scope: "row" }, groupText(group, target)),
    make(
      "td",
      {},
      bar(effect.change, most),
      make("b", {}, changeText(effect.change)),
      " ",
      make("span", { class: "small" }, afterText(effect, target)),
    ),
    ...(measured ? [average(measured[group])] : []),
  );

/* Show `answer` of the server in `table`, for one of its ways. */
export const showEffects = (table, { target, before, ways, measured }, way) => {
  const found = ways[way],
    means = measured?.ways[way],
    shown = GROUPS.filter((group) => found[group]),
    most = Math.max(1e-9, ...shown.map((group) => Math.abs(found[group].change)));
  const names = [
    t("Twenty digits"),
    t("Your drawing"),
    ...(means ? [t("Mean of {n} test digits", { n: measured.digits })] : []),
  ];
  table.replaceChildren(
    make(
      "caption",
      {},
      t("Change of the log-odds of {digit} when they are unlearned; before, the answer has {share}.", {
        ...{ digit: called(target), share: percent(before) },
      }),
    ),
    make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...shown.map((group) => rowOf(group, found[group], means, target, most))),
  );
};
