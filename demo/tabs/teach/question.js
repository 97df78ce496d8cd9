/* The question what a drawing is: its picture, and a button for each digit. */
import { doubtful } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { sketch } from "./sketch.js";

const questionText = (reading, strokes) => {
  if (!reading) return "Draw a digit first.";
  if (!strokes) return "This is one of MNIST's test digits. To learn it would spoil the test: draw one yourself.";
  return `${reading.in_distribution ? `It reads this as ${reading.digit}` : doubtful(reading.digit)}. What is it?`;
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
    show: (reading, strokes, busy) => {
      find(".question").textContent = questionText(reading, strokes);
      for (const input of choices) input.disabled = busy || !strokes;
      find('[data-do="teach"]').disabled = busy || !strokes || chosen() < 0;
      const canvas = find(".look");
      if (strokes) sketch(canvas, strokes);
      else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    },
  };
};
