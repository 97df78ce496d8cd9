/* The model's parts: a button for each layer and head that switches it off. */
import { make } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { changeText, changeWithout, cheapText, inPoints } from "./accuracies.js";
import { isOff } from "./changes.js";

const partButton = (layer, head, toggle) => {
  const isLayer = head === undefined,
    name = isLayer ? t("layer {layer}", { layer: layer + 1 }) : t("head {head}", { head: head + 1 }),
    label = isLayer ? t("Switch off {part}") : t("Switch off layer {layer}, {part}", { layer: layer + 1 }),
    [before, after] = label.split("{part}").map((text) => make("span", { class: "unseen" }, text)), // around the name
    place = isLayer ? { "data-layer": layer } : { "data-layer": layer, "data-head": head };
  const button = make(
    "button",
    { type: "button", "aria-pressed": "false", ...place },
    before,
    name,
    after,
    " ",
    make("small"),
  );
  button.addEventListener("click", () => toggle(layer, head));
  return button;
};

/* The parts in `.parts`; `toggle(layer, head)` is called for a press, `head` undefined for a whole layer. */
export const modelParts = (find, toggle) => {
  const holder = find(".parts");
  const each = (visit) => {
    for (const button of holder.children) {
      const { layer, head } = button.dataset;
      visit(button, Number(layer), head === undefined ? undefined : Number(head));
    }
  };
  return {
    build: ({ depth, num_heads: heads }) => {
      holder.style.gridTemplateColumns = `repeat(${heads + 1}, minmax(0, 92px))`;
      const row = (layer) => [undefined, ...Array(heads).keys()].map((head) => partButton(layer, head, toggle));
      holder.replaceChildren(...[...Array(depth).keys()].flatMap(row));
    },
    showOff: (changes) =>
      each((button, layer, head) => button.setAttribute("aria-pressed", isOff(changes, layer, head))),
    mark: (selection) =>
      each((button, layer, head) =>
        button.classList.toggle("chosen", head !== undefined && layer === selection.layer && head === selection.head),
      ),
    /* The accuracy without each part is known for the shipped models; else `accuracies` is null. */
    showAccuracies: (accuracies) => {
      find(".worth").textContent = accuracies
        ? t(
            "Below each part: by how many points the accuracy on MNIST's 10,000 test digits falls (−) or rises " +
              "(+) when only this part is off.",
          )
        : "";
      find(".counted").textContent = accuracies ? cheapText(accuracies) : "";
      each((button, layer, head) => {
        const change = accuracies && changeWithout(accuracies, layer, head);
        button.querySelector("small").textContent = accuracies ? inPoints(change) : "";
        button.title = accuracies ? changeText(change) : "";
      });
    },
  };
};
