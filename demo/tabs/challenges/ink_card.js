/* The card "Least ink": a slot for each digit. */
import { on } from "../../web/bus.js";
import { readsTheDigits } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { isInSight } from "../../web/in_sight.js";
import { decimal, t } from "../../web/language.js";
import { inkCode } from "./dare.js";
import { counts, inkOf, resultText, total, withDrawing } from "./least_ink.js";
import { isOwnDrawing } from "./own_drawing.js";
import { result } from "./share.js";
import { keep, load } from "./storage.js";

const isNumbers = (inks) => Object.values(inks).every((ink) => Number.isFinite(ink));

export const inkCard = (card, { say }) => {
  const show = result(card, say),
    stored = load().ink ?? {};
  let inks = isNumbers(stored) ? stored : {};

  const refresh = () => {
    card
      .querySelector(".slots")
      .replaceChildren(
        ...Array.from({ length: 10 }, (_, digit) =>
          make("li", {}, make("b", {}, String(digit)), make("span", {}, digit in inks ? decimal(inks[digit], 1) : "–")),
        ),
      );
    const { digits, ink } = total(inks),
      text = t("{digits} of 10 digits, {ink} pixels of ink", { digits, ink: decimal(ink, 1) });
    if (digits) show(text, resultText(inks), inkCode({ digits, ink }));
  };

  on("reading", (reading) => {
    if (!reading.whole || !isOwnDrawing() || !isInSight(card)) return;
    if (!readsTheDigits())
      return say(t("The least ink is of the ten digits, and the model that reads has learned something else."));
    if (!counts(reading)) return;
    const after = withDrawing(inks, reading.digit, inkOf(reading.image.data));
    if (after === inks) return;
    inks = after;
    keep("ink", inks);
    refresh();
  });
  refresh();
};
