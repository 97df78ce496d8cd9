/* The probability of each digit before and after the changes; a press asks the map about a digit. */
import { eachClass } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";

export const comparedBars = (holder, press) => {
  const bars = eachClass(holder, (digit, name) => {
    const was = make("div", { class: "fill was" }),
      is = make("div", { class: "fill is" }),
      share = make("span", { class: "share" });
    const row = make(
      "button",
      { type: "button", "aria-pressed": "false", title: t("Ask the map what supports {name}", { name }) },
      make("span", {}, name),
      make("div", { class: "track" }, was, is),
      share,
    );
    row.addEventListener("click", () => press(digit));
    return { node: make("li", {}, row), row, was, is, share };
  });
  return {
    show: (before, now) =>
      bars.forEach(({ row, was, is, share }, digit) => {
        was.style.transform = `scaleX(${before.probs[digit]})`;
        is.style.transform = `scaleX(${now.probs[digit]})`;
        share.textContent = percent(now.probs[digit]);
        row.classList.toggle("best", digit === now.digit);
      }),
    clear: () => {
      for (const { was, is, share } of bars) {
        was.style.transform = is.style.transform = "scaleX(0)";
        share.textContent = "";
      }
    },
    mark: (chosen) => {
      for (const [digit, { row }] of bars.entries()) row.setAttribute("aria-pressed", digit === chosen);
    },
  };
};
