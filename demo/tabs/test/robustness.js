/* The robustness of the model beside another one: the charts, and the choice of the other model. */
import { make } from "../../web/dom.js";
import { robustnessChart } from "./robustness_chart.js";

const HINT = "Point at a curve, or use the arrow keys on it.";

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
    const choices = others.map((model) => choice(model, `Beside ${nameOf(model)}`));
    find(".beside").replaceChildren(...(others.length ? [...choices, choice(null, "Alone")] : []));
  };

  const sampleText = (images, model, other) =>
    `Accuracy on ${images} of the test digits, the same for every model; where it is high, the error is about two points. Orange and solid: ${nameOf(model)}${other ? `; blue and dashed: ${nameOf(beside)}` : ""}.`;

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
    const points = (share) => `${(100 * share).toFixed(1)} %`,
      comparison = other ? `, ${nameOf(beside)} ${points(other[at])}` : "";
    const words = `${way.title}, ${way.amounts[at]} ${way.unit}: ${nameOf(model)} reads ${points(mine[at])} right${comparison}.`;
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
