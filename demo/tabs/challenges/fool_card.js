/* The card "Fool it": which digit is meant, the latest tries, and the best one. */
import { on } from "../../web/bus.js";
import { called, eachClass, readsTheDigits } from "../../web/class_names.js";
import { make, paint } from "../../web/dom.js";
import { isInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { foolCode } from "./dare.js";
import { isBetter, isFooled, resultText, tryOf, tryText } from "./fool_it.js";
import { isOwnDrawing } from "./own_drawing.js";
import { result } from "./share.js";
import { keep, load } from "./storage.js";

const SHOWN = 3; // tries

const tryRow = (one, image) => {
  const canvas = make("canvas", { "aria-hidden": "true" });
  paint(canvas, image.data, image.shape[0]);
  return make("li", { class: isFooled(one) ? "won" : "" }, canvas, tryText(one, called));
};

const digitChip = (digit, name) => {
  const input = make("input", { type: "radio", name: "inkling-fool", value: digit });
  return { node: make("label", {}, input, make("span", {}, name)), input };
};

export const foolCard = (card, { say }) => {
  const show = result(card, say),
    chips = eachClass(card.querySelector(".digits"), digitChip);
  let best = load().fool ?? null,
    latest = null; // the try with the drawing that is on the sheet

  const showBest = () => {
    if (!best) return;
    const text = t("Best: {result}", { result: tryText(best, String) });
    show(text, resultText(best, String), foolCode(best), () => best === latest);
  };
  const meant = () => chips.findIndex(({ input }) => input.checked);

  on("reading", (reading) => {
    latest = null;
    if (!reading.whole || !isOwnDrawing() || meant() < 0 || !isInSight(card)) return;
    const one = tryOf(reading, meant());
    latest = one;
    card.querySelector(".tries").prepend(tryRow(one, reading.image));
    for (const row of [...card.querySelectorAll(".tries li")].slice(SHOWN)) row.remove();
    if (!readsTheDigits() || (best && !isBetter(one, best))) return; // the best one is of a digit
    best = one;
    keep("fool", best);
    showBest();
  });
  showBest();
};
