/* What the page learns of the sheet: a reading of it, that nothing can be read, or that it was cleared. */
import { emit, tell } from "../../web/bus.js";

/* After Clear the views stay as they are, greyed by the page's attribute `data-cleared`, and only the answer is
   emptied. */
export const newReport = () => {
  let last = null, // the last reading
    shows = false; // whether the views show it

  const turn = (now, cleared) => {
    shows = now;
    document.body.toggleAttribute("data-cleared", cleared);
  };
  const reading = (answer) => {
    last = answer;
    turn(true, false);
    emit("reading", answer);
  };
  const nothing = (reason) => {
    turn(false, false);
    emit("nothing", { reason });
  };
  const cleared = () => {
    if (!last) return nothing("");
    if (!shows) emit("reading", last);
    turn(true, true);
    tell("cleared");
  };
  return { reading, nothing, cleared };
};
