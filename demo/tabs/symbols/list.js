/* The list of the visitor's symbols, each with its drawings, and how the left-out ones were read. */
import { make } from "../../web/dom.js";
import { plural, t } from "../../web/language.js";
import { sketch } from "../../web/sketch.js";
import { keyOf } from "./symbols.js";

const THUMB = 96; // pixels

const removeButton = (label, remove, busy) => {
  const button = make("button", { type: "button", class: "remove", "aria-label": label, title: label }, "×");
  button.addEventListener("click", remove);
  button.disabled = busy;
  return button;
};

const tile = ({ name }, drawing, at, { lesson, busy, remove }) => {
  const [label, read] = lesson?.read[keyOf(name, drawing)] ?? [],
    wrong = label !== read,
    canvas = sketch(make("canvas", { width: THUMB, height: THUMB, "aria-hidden": "true" }), drawing);
  const node = make("li", { class: wrong ? "wrong" : "" }, canvas);
  if (wrong)
    node.append(make("small", { title: t("how it was read when it was left out") }, `✗ ${lesson.names[read]}`));
  const words = t("Remove drawing {number} of “{name}”", { number: at + 1, name });
  node.append(removeButton(words, () => remove(name, drawing), busy));
  return node;
};

const card = (symbol, state) => {
  const { name, drawings } = symbol,
    { chosen, busy, choose, remove } = state;
  const input = make("input", { type: "radio", name: "inkling-symbol", value: name });
  input.checked = name === chosen;
  input.disabled = busy;
  input.addEventListener("change", () => choose(name));
  return make(
    "li",
    { class: name === chosen ? "symbol chosen" : "symbol", "data-name": name },
    make(
      "div",
      { class: "head" },
      make("label", {}, input, make("span", { dir: "auto" }, name)),
      make("span", { class: "count" }, plural(drawings.length, "{n} drawing", "{n} drawings")),
      removeButton(t("Delete the symbol “{name}”", { name }), () => remove(name), busy),
    ),
    make("ul", { class: "tiles" }, ...drawings.map((drawing, at) => tile(symbol, drawing, at, state))),
  );
};

/* Show the symbols. `state` has them, the name of the `chosen` one, the `lesson` that they were learned in, and whether
   one runs (`busy`); `choose(name)` and `remove(name, drawing)` are called by what is shown. */
export const showList = (holder, state) => {
  const focused = document.activeElement?.closest?.(".symbol")?.dataset.name,
    inRadio = document.activeElement?.type === "radio";
  holder.replaceChildren(...state.symbols.map((symbol) => card(symbol, state)));
  if (focused === undefined) return;
  const again = [...holder.querySelectorAll("input")].find((input) => input.value === focused);
  if (inRadio) again?.focus();
};
