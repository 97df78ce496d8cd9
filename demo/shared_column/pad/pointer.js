/* What a pointer does on the sheet: a mouse, a finger or a pen. */
import { SIDE } from "./strokes.js";

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

/* Let the first pointer that goes down on `canvas` move the hand until it lifts. */
export const followPointer = (canvas, hand) => {
  let pointer = null;
  const touch = (event) => ({ point: place(event, canvas), time: event.timeStamp, pressure: event.pressure });

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || !event.isPrimary || event.button > 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    hand.down(touch(event));
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) hand.move(moves(event).map(touch));
  });

  const lift = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    hand.lift();
  };
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, lift);
};
