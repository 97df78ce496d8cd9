/* The two maps of the patches: the class that each predicts, and the probability of one class for each. */

import { called } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { buildMap } from "../../web/patch_map.js";

const setAll = (node, attributes) => {
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
};

/* `hover(token)` is called for the patch under the pointer or with the focus, `hover(null)` without one; `pin(token)`
   for one that is clicked. */
export const patchMaps = (element, shown, { hover, pin }) => {
  const holder = (key) => element.querySelector(`[data-map="${key}"]`);
  const cells = {};
  let glyphs = [];

  const buildCells = (key) => {
    const { model, image } = shown.reading;
    cells[key] = buildMap(holder(key), model, image);
    for (const [patch, cell] of cells[key].entries())
      setAll(cell, { fill: "transparent", role: "button", tabindex: patch ? -1 : 0 });
  };

  const glyphOf = (patch) => {
    const { patch_size: size, grid_size: side } = shown.reading.model;
    return svg("text", {
      x: ((patch % side) + 0.5) * size,
      y: (Math.floor(patch / side) + 0.5) * size,
      "text-anchor": "middle",
      "dominant-baseline": "central",
      "font-family": "system-ui, sans-serif",
      "paint-order": "stroke",
      "stroke-linejoin": "round",
      "pointer-events": "none",
    });
  };

  const layOut = () => {
    for (const key of ["says", "strength"]) buildCells(key);
    const map = holder("says").querySelector("svg"),
      pixels = shown.reading.model.image_size;
    map.querySelector("image").setAttribute("opacity", 0.45);
    map.prepend(svg("path", { d: `M0 0h${pixels}v${pixels}H0z`, fill: "#000" })); // a file has no style for the ground
    glyphs = cells.says.map((_, patch) => glyphOf(patch));
    map.append(...glyphs);
  };

  /* The larger and bolder a glyph, the higher the probability of its class. */
  const showGlyph = (glyph, digit, prob) => {
    const size = shown.reading.model.patch_size;
    glyph.textContent = called(digit);
    setAll(glyph, {
      fill: digitColour(digit),
      "font-size": (size * (0.42 + 0.42 * prob)) / Math.max(1, called(digit).length / 2),
      "font-weight": 400 + 100 * Math.round(4 * prob),
      opacity: 0.35 + 0.65 * prob,
      stroke: "#000",
      "stroke-width": 0.1 * size,
    });
  };

  const showCell = (cell, label, isShown) =>
    setAll(cell, {
      "aria-label": label,
      stroke: isShown ? "#fff" : "#ffffff40",
      "stroke-width": isShown ? 0.4 : 0.08,
    });

  const showPatch = (patch) => {
    const probs = shown.row(patch + 1),
      digit = argmax(probs),
      isShown = shown.token === patch + 1,
      values = { place: shown.name(patch + 1), digit: called(digit), share: percent(probs[digit]) };
    showGlyph(glyphs[patch], digit, probs[digit]);
    showCell(cells.says[patch], t("{place} predicts {digit}, {share}", values), isShown);
    const asked = `${called(shown.digit)} ${percent(probs[shown.digit])}`;
    showCell(cells.strength[patch], `${values.place}: ${asked}`, isShown);
    cells.strength[patch].setAttribute("fill", `rgb(255 140 26 / ${0.85 * probs[shown.digit]})`);
  };

  const show = () => {
    for (const patch of glyphs.keys()) showPatch(patch);
  };

  const tokenOf = (event) => {
    const cell = event.target.closest?.("rect[data-patch]");
    return cell ? Number(cell.dataset.patch) + 1 : null;
  };
  const ifPatch = (act) => (event) => {
    const token = tokenOf(event);
    if (token !== null) act(token);
  };
  for (const map of element.querySelectorAll(".map")) {
    map.addEventListener("pointerover", ifPatch(hover));
    map.addEventListener("pointerleave", () => hover(null));
    map.addEventListener("focusin", ifPatch(hover));
    map.addEventListener("focusout", () => hover(null));
    map.addEventListener("click", ifPatch(pin));
    rove(map, "rect[data-patch]", () => shown.reading?.model.grid_size);
  }

  return { layOut, show };
};
