/* Pointing in tab "Why": a patch under the pointer is marked in all maps and described in words. */
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { decimal, t } from "../../web/language.js";
import { choose, chosen } from "../../web/selection.js";
import { worth } from "./numbers.js";

const HINT = t("Point at a patch to compare the maps there; click to keep it chosen in every tab.");

/* A patch in words, with what is known of it: whether it has `ink`, its `value`, and its `share` of attention. */
const describedAs = (values) => {
  const { ink, share } = values;
  if (ink === undefined) return share ? t("{place}: {share} of cls's attention.", values) : `${values.place}.`;
  if (!ink)
    return share
      ? t("{place}: without ink, so worth nothing, {share} of cls's attention.", values)
      : t("{place}: without ink, so worth nothing.", values);
  return share
    ? t("{place}: worth {value}, {share} of cls's attention.", values)
    : t("{place}: worth {value}.", values);
};

/* Mark patches while a button is pointed at or focused; a tap marks them until another one. */
export const marksWhilePointed = (button, patches, mark) => {
  for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => mark(patches));
  for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => mark(null));
};

/* `state` has the `reading`, the `answer` and the `quick` maps. Returns `places(patches)`, which names patches,
   `mark(patches)`, which marks them, and `describeAgain()` for when the state has changed; `mark(null)` marks the patch
   that is chosen in all tabs. */
export const pointing = (element, maps, state) => {
  const find = (selector) => element.querySelector(selector);
  const places = (patches) => patches.map((patch) => place(patch + 1, state.reading.model.grid_size)).join("; ");

  const describe = (patch) => {
    const { answer, quick } = state;
    return describedAs({
      place: places([patch]),
      ink: answer?.maskable.includes(patch),
      value: answer && worth(answer, patch),
      share: quick && `${decimal(100 * quick.attention[patch], 1)} %`,
    });
  };

  let marked = null;
  const mark = (pointed) => {
    marked = pointed;
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
  return { places, mark, describeAgain: () => mark(marked) };
};
