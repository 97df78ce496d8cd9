/* The probabilities of one part: a bar for each digit; a press singles the digit out in the chart. */

import { called, doubtful, eachClass, ifItIs } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { language, t } from "../../web/language.js";
import { choose, chosen } from "../../web/selection.js";

/* Returns what shows the probabilities of a part, with the digit that it is read as. */
export const probabilityBars = (holder) => {
  const bars = eachClass(holder, (digit, name) => {
    const chip = make("span", { class: "chip", style: `background: ${digitColour(digit)}` }, name),
      fill = make("div", { class: "fill" }),
      portion = make("span", { class: "share" });
    const button = make(
      "button",
      { type: "button", "aria-pressed": "false", title: t("Single {name} out in the chart", { name }) },
      chip,
      make("div", { class: "track" }, fill),
      portion,
    );
    button.addEventListener("click", () => choose({ digit: chosen().digit === digit ? null : digit }));
    return { node: make("li", {}, button), button, fill, portion };
  });
  return (probs, best) =>
    bars.forEach(({ button, fill, portion }, digit) => {
      fill.style.transform = `scaleX(${probs[digit]})`;
      portion.textContent = percent(probs[digit]);
      button.classList.toggle("best", digit === best);
      button.setAttribute("aria-pressed", chosen().digit === digit);
    });
};

/* The prediction of a part: short, and in a sentence with its probability. */
export const predictionText = (digit, share, inDistribution) => {
  if (inDistribution)
    return {
      short: t("Read as {digit}", { digit: called(digit) }),
      long: t("read as {digit} ({share})", { digit: called(digit), share: percent(share) }),
    };
  const short = doubtful(digit),
    prediction = short[0].toLocaleLowerCase(language) + short.slice(1); // inside a sentence
  return {
    short,
    long: t("{prediction} ({share} {condition})", { prediction, share: percent(share), condition: ifItIs() }),
  };
};
