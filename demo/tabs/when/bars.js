/* The probabilities of one part: a bar for each digit; a press singles the digit out in the chart. */
import { called, doubtful, eachClass, ifItIs } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { choose, chosen } from "../../web/selection.js";

/* Returns what shows the probabilities of a part, with the digit that it is read as. */
export const probabilityBars = (holder) => {
  const bars = eachClass(holder, (digit, name) => {
    const chip = make("span", { class: "chip", style: `background: ${digitColour(digit)}` }, name),
      fill = make("div", { class: "fill" }),
      portion = make("span", { class: "share" });
    const button = make(
      "button",
      { type: "button", "aria-pressed": "false", title: `Single ${name} out in the chart` },
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
    return { short: `Read as ${called(digit)}`, long: `read as ${called(digit)} (${percent(share)})` };
  const short = doubtful(digit);
  return { short, long: `${short.replace(/^P/, "p")} (${percent(share)} ${ifItIs()})` };
};
