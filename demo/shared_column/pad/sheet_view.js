/* The sheet as the visitor sees it: what lies on it, or a ghost of what lay there last. */
import { make } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { drawSheet } from "./drawing.js";
import { BLANK, isBlank } from "./sheet.js";

/* A box around a digit of a picture. */
const newBox = ([left, top, width, height], name, chosen, choose) => {
  const box = make("button", { type: "button", title: name, "aria-label": name, "aria-pressed": String(chosen) });
  const percent = (share) => `${100 * share}%`;
  Object.assign(box.style, { left: percent(left), top: percent(top), width: percent(width), height: percent(height) });
  box.addEventListener("click", choose);
  return box;
};

/* `choose(index)` is called when the visitor taps the box of another digit in a picture. */
export const newSheetView = (find, choose) => {
  const canvas = find(".sheet canvas"),
    preview = find(".preview"),
    boxes = find(".boxes");
  let boxed = null; // the picture whose boxes are shown
  let ghost = BLANK; // the last sheet that was not blank

  const showBoxes = (picture) => {
    if (picture === boxed) return;
    boxed = picture;
    const digits = picture?.digits ?? [],
      name = (index) => t("Read digit {n} of {count}", { n: index + 1, count: digits.length });
    const focused = [...boxes.children].indexOf(document.activeElement);
    boxes.replaceChildren(
      ...digits.map(({ box }, index) => newBox(box, name(index), index === picture.at, () => choose(index))),
    );
    boxes.children[focused]?.focus();
  };

  const show = (sheet) => {
    if (!isBlank(sheet)) ghost = sheet;
    drawSheet(canvas, sheet, ghost);
    find(".hint").hidden = !isBlank(sheet);
    const address = sheet.picture?.preview ?? "";
    if (preview.getAttribute("src") !== address) preview.setAttribute("src", address);
    preview.hidden = !address;
    showBoxes(sheet.picture);
  };

  /* Say to a screen reader what the keyboard's pen does. */
  const speak = (text) => {
    find(".where").textContent = text;
  };
  return { show, speak };
};
