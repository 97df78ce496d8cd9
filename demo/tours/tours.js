/* Tours: the steps one after another. `startTour(id)` starts one from anywhere: a link, a lesson, the menu. */

import { t } from "../web/language.js";
import { open } from "../web/route.js";
import { choose } from "../web/selection.js";
import { isMet, restOf } from "./conditions.js";
import { fill } from "./facts.js";

const PAUSE = 900; // milliseconds between the end of a step and the next one, unless there is something to read

let stage = null, // what starts tours, once the page has it
  wanted = null; // the tour that was wished for before

/* Start a tour by its id, from a step (0 is the first). */
export const startTour = (id, step = 0) => {
  if (stage) stage(id, step);
  else wanted = { id, step };
};

/* Let `start(id, step)` start the tours from now on. */
export const setStage = (start) => {
  stage = start;
  if (wanted) start(wanted.id, wanted.step);
  wanted = null;
};

/* Open the view of a step and choose what its file says. A step that waits for a view lets the visitor open it. */
const prepare = ({ view, choose: selection, until }, { opened }) => {
  if (view && view !== opened && until.condition !== "opened") open(view, selection);
  else if (selection) choose(selection);
};

/* `card`, `spotlight`, `watch` and `progress` are what their modules make; `ended(tour)` is called after the last
   step. */
export const runTours = (tours, { card, spotlight, watch, progress, ended }) => {
  let tour = null,
    at = 0,
    begun = {}, // the page as the step began
    done = false,
    timer = 0;
  const step = () => tour.steps[at];

  const show = () => {
    const words = done ? (step().then ?? step().words) : step().words,
      isLast = at === tour.steps.length - 1;
    const last = isLast && (done || step().until.condition === "next") ? t("Finish") : undefined;
    const next = step().until.condition === "next" ? t("Next") : undefined;
    card.show({
      title: t(tour.title),
      step: at,
      steps: tour.steps.length,
      words: fill(t(words), watch.page()),
      done,
      last: last ?? next,
    });
  };

  const begin = (index) => {
    clearTimeout(timer);
    timer = 0;
    at = index;
    done = false;
    progress.reach(tour.id, at);
    prepare(step(), watch.page());
    begun = watch.begin();
    spotlight.aim(step().target);
    check();
  };

  const leave = () => {
    clearTimeout(timer);
    tour = null;
    card.hide();
    spotlight.aim(null);
    progress.leave();
  };

  const next = () => {
    if (step().guess) watch.takeGuess();
    if (at + 1 < tour.steps.length) return begin(at + 1);
    const finished = tour;
    leave();
    progress.finish(finished.id);
    ended(finished);
  };

  const isDone = () => isMet(step().until, watch.page(), begun);

  const complete = () => {
    timer = 0;
    if (!isDone()) return;
    done = true;
    show();
    if (!step().then) timer = setTimeout(next, restOf(step().until) ? PAUSE : 0);
  };

  /* A message came, or a step began: what was asked may be done. */
  const check = () => {
    if (!tour) return;
    if (!done && isDone()) timer ||= setTimeout(complete, restOf(step().until));
    else if (!done) {
      clearTimeout(timer);
      timer = 0;
    }
    show();
  };

  return {
    check,
    next,
    leave,
    back: () => begin(at - 1),
    isRunning: () => tour !== null,
    show: () => {
      const { view } = step();
      if (view && watch.page().opened !== view && step().until.condition !== "opened") open(view);
      spotlight.show();
    },
    start: (id, from = 0) => {
      const found = tours.find((one) => one.id === id);
      if (!found) return;
      tour = found;
      begin(from < found.steps.length ? from : 0);
    },
  };
};
