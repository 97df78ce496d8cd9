/* The gallery: the worst mistakes, or the test digits behind one cell of the confusion matrix. */
import { digitCanvas, openSheet } from "../../web/digit_sheet.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { digitText, galleryTitle } from "./words.js";

const FIRST = 24; // digits that are shown at first

const probabilityBars = (holder) => {
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const fill = make("div", { class: "fill" }),
      item = make("li", {}, make("div", { class: "track" }, fill), String(digit));
    holder.append(item);
    return { item, fill };
  });
  return (digit) =>
    bars.forEach(({ item, fill }, at) => {
      fill.style.transform = `scaleY(${digit ? digit.probs[at] : 0})`;
      item.classList.toggle("written", digit?.written === at);
    });
};

const tile = (digit, caption, canvas, open) => {
  const { written, read, probs } = digit,
    values = { caption, written, read, share: percent(probs[read]) },
    label = t("{caption}: written as {written}, read as {read}, {share} sure", values);
  const button = make("button", { type: "button", "aria-label": label }, canvas, caption);
  for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => open(digit));
  return button;
};

/* Returns `show(answer, cell)`: the digits of an answer of the server; `cell` is [written, read], null for mistakes. */
export const gallery = (find) => {
  const showBars = probabilityBars(find(".bars"));
  let showAll = null;
  const showDigit = (digit) => {
    find(".one").textContent = digit ? digitText(digit) : "";
    showBars(digit);
  };
  const show = async (answer, cell, limit = FIRST) => {
    const paintDigit = await openSheet(answer),
      digits = answer.digits.slice(0, limit);
    find(".which").textContent = galleryTitle(answer, cell);
    find(".back").disabled = !cell;
    find(".gallery").replaceChildren(
      ...digits.map((digit, at) => {
        const caption = cell ? percent(digit.probs[digit.read]) : `${digit.written} → ${digit.read}`;
        return tile(digit, caption, paintDigit(digitCanvas(), at), showDigit);
      }),
    );
    showAll = () => show(answer, cell, Infinity);
    find(".more").hidden = digits.length === answer.digits.length;
    find(".more").textContent = t("Show {count} more", { count: answer.digits.length - digits.length });
    showDigit(answer.digits[0]);
  };
  find(".more").addEventListener("click", () => showAll());
  return show;
};
