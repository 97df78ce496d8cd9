/* The table of the parts of the model: by how much the loss falls if one part alone takes the step. */
import { make } from "../../../web/dom.js";
import { t } from "../../../web/language.js";
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
  const fall = part.alone[index],
    values = {
      part: title(part),
      change: number(Math.abs(fall)),
      predicted: number(part.predicted[index]),
      length: number(part.length, 3),
      moved: number(part.moved[index]),
    };
  if (fall === null)
    return t(
      "{part} alone gives no number; the slope predicted {predicted}. Its parameters, {length} long, move by {moved}.",
      values,
    );
  return fall < 0
    ? t(
        "{part} alone raises the loss by {change}; the slope predicted {predicted}. Its parameters, {length} long, " +
          "move by {moved}.",
        values,
      )
    : t(
        "{part} alone lowers the loss by {change}; the slope predicted {predicted}. Its parameters, {length} long, " +
          "move by {moved}.",
        values,
      );
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
  scaleLine.textContent = t("fall of the loss, up to {most}", { most: number(high) });
  if (focused) list.querySelector(`[data-block="${focused}"]`)?.focus();
};
