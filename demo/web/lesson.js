/* The lesson that a link opened: a title, the views that it shows, whether settings are shown (`controls`), and a tour.
   "lesson" (replayed) tells it, and null when the visitor has left it. A page that is embedded shows one view alone: it
   is a lesson without a title. */
import { on } from "./bus.js";

let lesson = null;

on("lesson", (now) => {
  lesson = now;
});

/* Whether the page shows a view now. */
export const shows = (view) => !lesson || lesson.views.includes(view);
