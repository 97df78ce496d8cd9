/* What the page learns of the sheet: a reading of it, that nothing can be read, or that it was cleared. */
import { emit, tell } from "../../web/bus.js";

const PACE = 100; // milliseconds between two readings for the views while the pen moves, since they have much to draw

/* After Clear the views stay as they are, greyed by the page's attribute `data-cleared`, and only the answer is
   emptied. */
export const newReport = () => {
  let last = null, // the last reading
    shows = false, // whether the views show it
    shownAt = 0, // when they got it
    waits; // a glance that no other has followed yet

  const turn = (now, cleared) => {
    shows = now;
    document.body.toggleAttribute("data-cleared", cleared);
  };
  const tellViews = (answer) => {
    shownAt = performance.now();
    last = answer;
    turn(true, false);
    emit("reading", answer);
  };
  const reading = (answer) => {
    clearTimeout(waits);
    const pause = answer.whole ? 0 : shownAt + PACE - performance.now();
    if (pause <= 0) return tellViews(answer);
    tell("glance", answer);
    waits = setTimeout(tellViews, pause, answer);
  };
  const nothing = (reason) => {
    clearTimeout(waits);
    turn(false, false);
    emit("nothing", { reason });
  };
  const cleared = () => {
    clearTimeout(waits);
    if (!last) return nothing("");
    if (!shows) emit("reading", last);
    turn(true, true);
    tell("cleared");
  };
  return { reading, nothing, cleared };
};
