/* Which view is open, and how to open another. */
import { on, tell } from "./bus.js";
import { shows } from "./lesson.js";
import { choose } from "./selection.js";

let view = null,
  wish = null,
  there = new Set();

on("opened", (name) => {
  view = name;
});

/* Name the views that this page has; a page without a server lacks some. */
export const setViews = (names) => {
  there = new Set(names);
};

/* Whether a view can be opened: this page has it, and the lesson shows it. */
export const offers = (name) => there.has(name) && shows(name);

/* The name of the open view, null before the first one opens. */
export const opened = () => view;

/* The view that was wished for last: the navigation opens it when it is there. */
export const wished = () => wish;

/* Open a view by its name, such as "attention", and choose there what `selection` names: token, layer, head, digit.
   A view that the lesson does not show stays closed. */
export const open = (name, selection) => {
  if (!shows(name)) return;
  wish = name;
  if (selection) choose(selection);
  tell("open", name);
};
