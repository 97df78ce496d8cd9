/* The robustness of the model beside another one: the charts, and the choice of the other model. */
import { make } from "../../web/dom.js";
import { decimal, t } from "../../web/language.js";
import { amountText, robustnessChart } from "./robustness_chart.js";

const HINT = t("Point at a curve, or use the arrow keys on it.");

/* `nameOf(token)` names a model; `changed()` is called when another one is chosen to compare with. */
export const robustness = (find, nameOf, changed) => {
  let beside = null,
    paintExample = null; // the token of the other model; paints the digit that shows the changes

  const choice = (model, label) => {
    const input = make("input", { type: "radio", name: "inkling-evaluation-beside", value: model ?? "" });
    input.checked = model === beside;
    input.addEventListener("change", () => {
      beside = model;
      changed();
    });
    return make("label", {}, input, make("span", {}, label));
  };

  /* Offer the other models to compare with. */
  const offer = (others) => {
    if (!others.includes(beside)) beside = others[0] ?? null;
    find(".beside").hidden = !others.length;
    const choices = others.map((model) => choice(model, t("Beside {model}", { model: nameOf(model) })));
    find(".beside").replaceChildren(...(others.length ? [...choices, choice(null, t("Alone"))] : []));
  };

  const sampleText = (images, model, other) =>
    other
      ? t(
          "Accuracy on {images} of the test digits, the same for every model; where it is high, the error is " +
            "about two points. Orange and solid: {model}; blue and dashed: {other}.",
          { images, model: nameOf(model), other: nameOf(beside) },
        )
      : t(
          "Accuracy on {images} of the test digits, the same for every model; where it is high, the error is " +
            "about two points. Orange and solid: {model}.",
          { images, model: nameOf(model) },
        );

  /* Show the curves of `model`, and those of the other one where there are any; each is an answer of the server. */
  const show = (model, mine, other) => {
    find(".point").hidden = !mine;
    find(".sample").textContent = mine ? sampleText(mine.images, model, other) : "";
    for (const old of find(".charts").querySelectorAll("svg")) old.remove();
    if (!mine || !paintExample) return;
    let first = 0;
    for (const way of mine.ways) {
      const curves = { mine: mine.curves[way.name], other: other?.curves[way.name], first, paintExample };
      find(".point").before(robustnessChart(way, curves, (at) => point(model, way, curves, at)));
      first += way.amounts.length;
    }
    paintExample(find(".point canvas"), mine.ways[0].amounts.indexOf(mine.ways[0].unchanged));
    find(".point p").textContent = HINT;
  };

  const point = (model, way, { mine, other, first }, at) => {
    const points = (share) => `${decimal(100 * share, 1)} %`;
    const values = {
      ...{ change: t(way.title), amount: amountText(way.amounts[at]), unit: t(way.unit) },
      ...{ model: nameOf(model), share: points(mine[at]) },
      ...(other ? { other: nameOf(beside), otherShare: points(other[at]) } : {}),
    };
    const words = other
      ? t("{change}, {amount} {unit}: {model} reads {share} right, {other} {otherShare}.", values)
      : t("{change}, {amount} {unit}: {model} reads {share} right.", values);
    find(".point p").textContent = words;
    paintExample(find(".point canvas"), first + at);
    return words;
  };

  return {
    beside: () => beside,
    offer,
    show,
    useExamples: (paint) => {
      paintExample ??= paint;
    },
  };
};
