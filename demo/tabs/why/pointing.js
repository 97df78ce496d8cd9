/* Pointing in tab "Why": a patch under the pointer is marked in all maps and described in words. */
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { choose, chosen } from "../../web/selection.js";
import { worth } from "./numbers.js";

const HINT = "Point at a patch to compare the maps there; click to keep it chosen in every tab.";

/* `state` has the `reading`, the `answer` and the `quick` maps. Returns `places(patches)` in words, and `mark(patches)`,
   which marks the patch that is chosen in every tab when it gets null. */
export const pointing = (element, maps, state) => {
  const find = (selector) => element.querySelector(selector);
  const places = (patches) => patches.map((patch) => place(patch + 1, state.reading.model.grid_size)).join("; ");

  const describe = (patch) => {
    const { answer, quick } = state,
      parts = [];
    if (answer)
      parts.push(answer.maskable.includes(patch) ? `worth ${worth(answer, patch)}` : "without ink, so worth nothing");
    if (quick) parts.push(`${(100 * quick.attention[patch]).toFixed(1)} % of cls's attention`);
    return `${places([patch])}${parts.length ? ": " : ""}${parts.join(", ")}.`;
  };

  const mark = (pointed) => {
    const patches = pointed ?? (chosen().token ? [chosen().token - 1] : null);
    maps.mark(patches);
    const words = patches?.length === 1 ? describe(patches[0]) : patches && places(patches);
    find(".here").textContent = words ?? HINT;
  };

  const patchOf = (event) => {
    const cell = state.reading && event.target.closest?.("rect[data-patch]");
    return cell ? Number(cell.dataset.patch) : null;
  };
  const onPatch = (event, listener) =>
    element.addEventListener(event, (details) => {
      const patch = patchOf(details);
      if (patch !== null) listener(patch);
    });
  onPatch("pointerover", (patch) => mark([patch]));
  onPatch("focusin", (patch) => mark([patch]));
  onPatch("pointerout", () => mark(null));
  onPatch("click", (patch) => choose({ token: chosen().token === patch + 1 ? null : patch + 1 }));
  rove(find('[data-map="exact"]'), "rect[data-patch]", () => state.reading?.model.grid_size);
  return { places, mark };
};
