/* The confusion matrix: a row for each digit that was written, a column for each that was read. */
import { svg } from "../../web/dom.js";
import { rove } from "../../web/keyboard.js";
import { decimal, plural, t } from "../../web/language.js";
import { BAD, chart, GOOD, text } from "./drawing.js";

const SIDE = 20,
  LEFT = 30,
  TOP = 26; // units of the drawing: a cell's side, and the margins

/* `most` is the logarithm of the largest count of mistakes in a cell. */
const cell = (written, read, count, most) => {
  const right = written === read,
    [x, y] = [LEFT + SIDE * read, TOP + SIDE * written];
  const strength = right ? 0.3 : count ? 0.15 + (0.6 * Math.log(1 + count)) / most : 0;
  const label = plural(count, "{written} read as {read}: {n} digit", "{written} read as {read}: {n} digits", {
    written,
    read,
  });
  return svg(
    "g",
    {
      role: "button",
      tabindex: written || read ? -1 : 0,
      "data-cell": `${written},${read}`,
      "aria-label": label,
    },
    svg("rect", {
      x: x + 0.5,
      y: y + 0.5,
      width: SIDE - 1,
      height: SIDE - 1,
      rx: 2.5,
      fill: right ? GOOD : BAD,
      "fill-opacity": strength,
      stroke: "currentColor",
      "stroke-opacity": 0.9,
      "stroke-width": 0,
    }),
    text(x + SIDE / 2, y + SIDE / 2, count || "·", {
      "font-size": 7.5,
      "font-weight": count && !right ? 700 : 400,
      opacity: count ? 1 : 0.45,
    }),
  );
};

/* The digit above its column and before its row, and the accuracy behind the row. */
const margins = (row, digit) => {
  const all = row.reduce((sum, count) => sum + count, 0),
    middle = SIDE * (digit + 0.5),
    bold = { "font-size": 9, "font-weight": 700 };
  return [
    text(LEFT + middle, TOP - 7, digit, bold),
    text(LEFT - 8, TOP + middle, digit, bold),
    text(LEFT + 10 * SIDE + 16, TOP + middle, all ? `${decimal((100 * row[digit]) / all, 1)} %` : "", {
      "font-size": 7,
      opacity: 0.85,
    }),
  ];
};

const draw = (confusion) => {
  const mistakes = confusion.flatMap((row, written) => row.filter((_, read) => read !== written)),
    most = Math.log(1 + mistakes.reduce((largest, count) => Math.max(largest, count), 1)),
    middle = TOP + 5 * SIDE;
  return chart(
    LEFT + 10 * SIDE + 32,
    TOP + 10 * SIDE + 2,
    t("Confusion matrix"),
    text(LEFT + 5 * SIDE, 7, t("read as")),
    text(8, middle, t("written"), { transform: `rotate(-90 8 ${middle})` }),
    text(LEFT + 10 * SIDE + 16, TOP - 7, t("right"), { "font-size": 7, opacity: 0.85 }),
    ...confusion.flatMap(margins),
    ...confusion.flatMap((row, written) => row.map((count, read) => cell(written, read, count, most))),
  );
};

/* The matrix in `holder`; `open(written, read)` is called for a cell that is pressed. */
export const confusionMatrix = (holder, open) => {
  const cellAt = (event) => event.target.closest?.("[data-cell]")?.dataset.cell.split(",").map(Number);
  holder.addEventListener("click", (event) => {
    const place = cellAt(event);
    if (place) open(...place);
  });
  rove(holder, "[data-cell]", () => 10);
  return {
    show: (confusion) => holder.replaceChildren(draw(confusion)),
    /* Frame the cell [written, read] whose digits are shown; null frames none. */
    mark: (shown) => {
      for (const node of holder.querySelectorAll("[data-cell]")) {
        const open = node.dataset.cell === String(shown);
        node.setAttribute("aria-pressed", open);
        node.querySelector("rect").setAttribute("stroke-width", open ? 1.8 : 0);
      }
    },
  };
};
