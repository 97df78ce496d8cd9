/* The slider over the layers, with its ticks, and playing from layer to layer. */

import { make } from "../../web/dom.js";
import { wantsNoMotion } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { player } from "../../web/player.js";

const LAYER_MS = 1000, // milliseconds that a layer takes while it plays
  REST_MS = 500; // milliseconds in which nothing moves after it

/* `refresh()` is called when the position has changed, `rested()` when the slider comes to rest at a layer. */
export const layerSlider = (element, shown, { refresh, rested }) => {
  const ticks = element.querySelector(".ticks");

  const go = (position) => {
    shown.position = Math.min(Math.max(position, 0), shown.depth);
    refresh();
  };

  const rest = () => {
    go(shown.step);
    rested();
  };

  const begin = () => {
    const from = shown.step >= shown.depth ? 0 : shown.step;
    go(from);
    return (milliseconds) => {
      const passed = Math.max(milliseconds - REST_MS, 0) / (LAYER_MS + REST_MS),
        layer = Math.floor(passed),
        part = Math.min(((passed - layer) * (LAYER_MS + REST_MS)) / LAYER_MS, 1);
      const eased = part * part * (3 - 2 * part);
      go(from + layer + (wantsNoMotion() ? Math.floor(part) : eased));
      return from + layer < shown.depth;
    };
  };

  const { slider, stop } = player(element, {
    ready: () => shown.probs,
    begin,
    slide: go,
    rest,
    move: (by) => {
      shown.position = Math.min(Math.max(shown.step + by, 0), shown.depth);
      rest();
    },
  });

  const show = () => {
    slider.value = shown.position;
    slider.setAttribute("aria-valuetext", shown.when);
    for (const [layer, tick] of [...ticks.children].entries()) tick.classList.toggle("now", layer === shown.step);
  };

  const tickName = (layer) => {
    if (!layer) return t("before");
    return layer === shown.depth || shown.depth < 5 ? t("layer {layer}", { layer }) : String(layer);
  };

  const layOut = () => {
    slider.max = shown.depth;
    ticks.replaceChildren(
      ...Array.from({ length: shown.depth + 1 }, (_, layer) =>
        make("span", { style: `left: ${(100 * layer) / shown.depth}%` }, tickName(layer)),
      ),
    );
  };

  return { layOut, show, stop };
};
