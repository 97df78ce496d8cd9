/* A row of test digits, each with what a snapshot reads it as. */
import { unpack } from "../../../web/arrays.js";
import { make, paint } from "../../../web/dom.js";
import { t } from "../../../web/language.js";

/* Build the row in `holder`; return what shows the predicted classes in it and returns how many are right, in words. */
export const buildTestDigits = (holder, { images, labels }, names) => {
  const { data } = images ? unpack(images) : { data: new Float32Array() };
  const figures = labels.map((label, index) => {
    const canvas = make("canvas", { role: "img", "aria-label": names[label] });
    paint(canvas, data.subarray(784 * index, 784 * (index + 1)), 28);
    return make("figure", {}, canvas, make("figcaption"));
  });
  holder.replaceChildren(...figures);
  return (predicted) => {
    for (const [index, figure] of figures.entries()) {
      const right = predicted[index] === labels[index];
      figure.className = right ? "right" : "wrong";
      figure.querySelector("figcaption").textContent = `${right ? "✓" : "✗"} ${names[predicted[index]]}`;
    }
    const count = labels.filter((label, index) => predicted[index] === label).length;
    return labels.length ? t("{count} of {total} right", { count, total: labels.length }) : "";
  };
};
