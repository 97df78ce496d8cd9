/* The pen and the eraser: what a pointer does on the sheet. */
import { underStroke, withStrokes } from "./sheet.js";
import { erased, isNewPoint, SIDE, timeOrigin } from "./strokes.js";

/* Where an event lies on the canvas, in units of the sheet, to a tenth. */
const place = (event, canvas) => {
  const box = canvas.getBoundingClientRect();
  const unit = (value, size) => Math.round(Math.min(Math.max((value * SIDE) / size, 0), SIDE) * 10) / 10;
  return [unit(event.clientX - box.left, box.width), unit(event.clientY - box.top, box.height)];
};

const moves = (event) => {
  const coalesced = event.getCoalescedEvents?.() ?? [];
  return coalesced.length ? coalesced : [event];
};

/* Follow the pointer on `canvas`. While it is down, `draft()` is the sheet as it will be when the pointer lifts, and
   `changed` is called whenever that differs; then `lifted(sheet)` gets it. `sheet()` and `tool()` are asked at the start. */
export const followPointer = (canvas, { sheet, tool, changed, lifted }) => {
  let pointer = null,
    under = null, // the sheet below the stroke, or what the eraser has left
    stroke = null, // null while the eraser is used
    rubbed = null, // where the eraser was last
    origin = 0; // the moment that counts as 0 ms

  const draft = () => (stroke ? withStrokes([...under.strokes, stroke]) : under);

  const extend = (event) => {
    const point = place(event, canvas);
    if (isNewPoint(stroke, point))
      stroke.push([...point, Math.round(event.timeStamp - origin), Math.round(event.pressure * 100) / 100]);
  };

  const erase = (event) => {
    const to = place(event, canvas),
      strokes = erased(under.strokes, rubbed ?? to, to);
    rubbed = to;
    if (strokes === under.strokes) return;
    under = withStrokes(strokes);
    changed();
  };

  const begin = (event) => {
    if (tool() === "eraser") {
      under = sheet();
      return erase(event);
    }
    under = underStroke(sheet());
    origin = timeOrigin(under.strokes, event.timeStamp, origin);
    stroke = [];
    extend(event);
    changed();
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || !event.isPrimary || event.button > 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    begin(event);
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    for (const move of moves(event)) stroke ? extend(move) : erase(move);
    if (stroke) changed();
  });

  const lift = (event) => {
    if (event.pointerId !== pointer) return;
    const after = draft();
    pointer = under = stroke = rubbed = null;
    lifted(after);
  };
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, lift);

  return { isDown: () => pointer !== null, draft };
};
