/* From the pointer, the keyboard or a finger to a part of the picture. */
import { rove } from "../../web/keyboard.js";
import { patchAt } from "./layout.js";

const KEYS = ["token", "layer", "head", "step", "digit"];

/* The part that an element stands for. */
export const partOf = ({ dataset }) => {
  const part = { kind: dataset.part };
  for (const key of KEYS) if (dataset[key] !== undefined) part[key] = Number(dataset[key]);
  return part;
};

/* The same at an event: a map of a head is asked about the patch at the event's point. */
const partAt = (element, event, layout, model) => {
  const part = partOf(element);
  if (part.kind === "head" && event.clientX !== undefined && layout) {
    const drawn = element.ownerSVGElement.getBoundingClientRect(),
      scale = layout.width / drawn.width;
    const x = (event.clientX - drawn.left) * scale,
      y = (event.clientY - drawn.top) * scale;
    part.token = 1 + patchAt(layout.blocks[part.layer].heads[part.head], x, y, model.grid_size);
  }
  return part;
};

const same = (one, other) => one && other && [...KEYS, "kind"].every((key) => one[key] === other[key]);
const sameCell = (one, other) => one && other && same({ ...one, token: 0 }, { ...other, token: 0 });

/* Call `pointed(part)` when another part is pointed at (null for none), and `clicked(part)` on a click or Enter.
   A finger points first: its second tap on the same part clicks. `now()` gives the layout and the model. */
export const followPointing = (holder, { now, pointed, clicked }) => {
  let last = null,
    touched = null;
  const find = ({ target }) => target.closest?.("[data-part]");
  const point = (part) => {
    if (part === last || same(part, last)) return;
    last = part;
    pointed(part);
  };
  const at = (event) => {
    const element = find(event),
      { layout, model } = now();
    return element ? partAt(element, event, layout, model) : null;
  };
  const move = (event) => {
    if (event.pointerType !== "touch" && now().model) point(at(event));
  };
  holder.addEventListener("pointerover", move);
  holder.addEventListener("pointermove", move);
  holder.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType !== "touch") point(null);
  });
  holder.addEventListener("focusin", (event) => {
    if (find(event)?.matches(":focus-visible")) point(partOf(find(event)));
  });
  holder.addEventListener("focusout", () => {
    if (!touched) point(null);
  });
  holder.addEventListener("click", (event) => {
    if (!now().model) return;
    const part = event.pointerType ? at(event) : find(event) && partOf(find(event));
    const again = event.pointerType !== "touch" || (touched && sameCell(part, touched));
    touched = event.pointerType === "touch" ? part : null;
    if (part && again) clicked(part);
    else point(part);
  });
  for (const [kind, columns] of [
    [".tokens [data-part]", () => 1],
    [".heads [data-part]", () => now().layout?.columns ?? 1],
    ["[data-part=block]", () => 1],
    ["[data-part=ring]", () => 1],
    ["[data-part=bar]", () => 1],
  ])
    rove(holder, kind, columns);
};
