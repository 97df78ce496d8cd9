/* The table of the parts of the model: by how much the loss falls if one part alone takes the step. */
import { make } from "../../../web/dom.js";
import { isInside, number, title } from "./words.js";

/* Queries, keys and values have the same colour in the whole page: this is its name in the style. */
export const colourName = ({ name }) => ({ queries: "q", keys: "k", values: "v" })[name];

export const visibleParts = (parts, open) => parts.filter((part) => !isInside(part) || open.has(part.block));

/* The scale of the bars, from the largest rise to the largest fall, with 0 in between; `place` is in per cent. */
export const barScale = (parts, index) => {
  const falls = parts.map((part) => part.alone[index] ?? 0);
  const low = Math.min(0, ...falls),
    high = Math.max(0.001, ...falls);
  return { high, place: (value) => (100 * (Math.min(Math.max(value ?? 0, low), high) - low)) / (high - low) };
};

/* How far the parameters of a part move, relative to their length. */
export const movement = ({ length, moved }, index) =>
  length ? `${number((100 * moved[index]) / length)} %` : number(moved[index]);

const bar = (part, index, place) => {
  const zero = place(0),
    end = place(part.alone[index]),
    style = `left: ${Math.min(zero, end)}%; width: ${Math.abs(end - zero)}%`;
  return make(
    "span",
    { class: "alone" },
    make("u", { style: `left: ${zero}%` }),
    make("i", { class: end < zero ? "up" : "", style }),
    make("b", { style: `left: ${place(part.predicted[index])}%` }),
  );
};

const tooltip = (part, index) => {
  const fall = part.alone[index];
  const effect =
    fall === null ? "gives no number" : `${fall < 0 ? "raises" : "lowers"} the loss by ${number(Math.abs(fall))}`;
  return `${title(part)} alone ${effect}; the slope predicted ${number(part.predicted[index])}. Its parameters, ${number(part.length, 3)} long, move by ${number(part.moved[index])}.`;
};

const partRow = (part, index, place, open) => {
  const isBlock = part.name === "block",
    isOpen = open.has(part.block),
    colour = colourName(part);
  const row = make(
    isBlock ? "button" : "div",
    {
      class: "part",
      title: tooltip(part, index),
      ...(isBlock ? { type: "button", "aria-expanded": isOpen, "data-block": part.block } : {}),
    },
    make("span", { class: "name" }, colour ? make("b", { class: colour }, title(part)) : title(part)),
    bar(part, index, place),
    make("span", {}, movement(part, index)),
    make("span", {}, number(part.gradient)),
  );
  const item = make("li", isInside(part) ? { class: "within" } : {}, row);
  item.hidden = isInside(part) && !isOpen;
  return item;
};

/* Show the parts in `list` at the learning rate `index`; `open` has the layers that are unfolded. The focus stays. */
export const showParts = (list, scaleLine, { parts }, index, open) => {
  const focused = list.getRootNode().activeElement?.dataset?.block,
    { high, place } = barScale(visibleParts(parts, open), index);
  list.replaceChildren(...parts.map((part) => partRow(part, index, place, open)));
  scaleLine.textContent = `fall of the loss, up to ${number(high)}`;
  if (focused) list.querySelector(`[data-block="${focused}"]`)?.focus();
};
