/* What was learned: of each symbol, how many drawings were read right when they were left out. */
import { make } from "../../web/dom.js";
import { figure } from "../../web/figure/figure.js";
import { bars } from "../../web/figure/parts.js";
import { t } from "../../web/language.js";
import { countsOf, intervalText, methodText, othersText, stateText, summaryText } from "./words.js";

const ofText = ({ right, of }) => t("{right} of {all}", { right, all: of });

const row = (count) => {
  const fill = make("div", { class: "fill" });
  fill.style.transform = `scaleX(${count.of ? count.right / count.of : 0})`;
  return make(
    "li",
    {},
    make("span", { class: "name", dir: "auto" }, count.name),
    make("div", { class: "track", "aria-hidden": "true" }, fill),
    make("span", { class: "share" }, ofText(count)),
    make("small", { dir: "auto" }, othersText(count.others)),
  );
};

/* Show the outcome of a lesson, null for none; `upToDate` and `reads` as in `stateText`. */
export const showOutcome = (find, lesson, { upToDate, reads }) => {
  find(".outcome").hidden = !lesson;
  if (!lesson) return;
  const texts = {
    summary: summaryText(lesson),
    method: methodText(lesson),
    interval: intervalText(lesson),
    state: stateText(upToDate, reads),
  };
  for (const [name, text] of Object.entries(texts))
    if (find(`.outcome .${name}`).textContent !== text) find(`.outcome .${name}`).textContent = text;
  find(".outcome .bars").replaceChildren(...countsOf(lesson).map(row));
};

/* The figure of the outcome, and its numbers. */
export const symbolsFigure = (lesson) => {
  const rows = countsOf(lesson);
  return figure({
    title: summaryText(lesson),
    height: 22 * rows.length,
    parts: bars(
      rows.map((count) => ({ name: count.name, value: count.right / Math.max(count.of, 1), text: ofText(count) })),
      { x: 0, y: 0, width: 400 },
    ),
    notes: [methodText(lesson), intervalText(lesson)],
    model: { name: null },
  });
};

export const symbolsTable = ({ names, read }) => ({
  columns: ["symbol", "read_as", "drawings"],
  rows: names.flatMap((name, label) =>
    names.map((other, now) => [
      name,
      other,
      Object.values(read).filter(([written, found]) => written === label && found === now).length,
    ]),
  ),
});
