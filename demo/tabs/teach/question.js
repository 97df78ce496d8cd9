/* The question what a drawing is: its picture, and a button for each digit. */
import { doubtful, readsTheDigits } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { sketch } from "../../web/sketch.js";

const questionText = (reading, drawing) => {
  if (!reading) return t("Draw a digit first.");
  if (!readsTheDigits())
    return t("This model has learned something else than the ten digits, so it cannot be taught them.");
  if (!drawing) return t("This is one of MNIST's test digits. To learn it would spoil the test: draw one yourself.");
  return reading.in_distribution
    ? t("It reads this as {digit}. What is it?", { digit: reading.digit })
    : t("{doubt}. What is it?", { doubt: doubtful(reading.digit) });
};

/* `changed()` is called when a digit is chosen. */
export const question = (find, changed) => {
  const choices = Array.from({ length: 10 }, (_, digit) => {
    const input = make("input", { type: "radio", name: "inkling-teach", value: digit });
    input.addEventListener("change", changed);
    find(".digits").append(make("label", {}, input, make("span", {}, String(digit))));
    return input;
  });
  const chosen = () => choices.findIndex((input) => input.checked);
  return {
    chosen,
    choose: (digit) =>
      choices.forEach((input, at) => {
        input.checked = at === digit;
      }),
    /* Show the question about a drawing, null if there is none to teach; `busy` while a lesson runs. */
    show: (reading, drawn, busy) => {
      const drawing = readsTheDigits() ? drawn : null;
      find(".question").textContent = questionText(reading, drawing);
      for (const input of choices) input.disabled = busy || !drawing;
      find('[data-do="teach"]').disabled = busy || !drawing || chosen() < 0;
      const canvas = find(".look");
      if (drawing) sketch(canvas, drawing);
      else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    },
  };
};
