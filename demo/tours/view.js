/* Tours through the page: the menu, the card and the ring. */
import { on } from "../web/bus.js";
import { plural, t } from "../web/language.js";
import { newCard } from "./card.js";
import { toursMenu } from "./menu.js";
import { newProgress } from "./progress.js";
import { newSpotlight } from "./spotlight.js";
import { runTours, setStage, startTour } from "./tours.js";
import { watchPage } from "./watch.js";

/* What the card says after the last step: the next tour, if there is one that was not done. */
const farewell = (tours, finished, progress) => {
  const next = tours.find(({ id }) => id !== finished.id && !progress.isDone(id));
  return next
    ? {
        words: plural(
          next.minutes,
          "You finished “{tour}”. Next: “{next}” ({n} minute).",
          "You finished “{tour}”. Next: “{next}” ({n} minutes).",
          { tour: t(finished.title), next: t(next.title) },
        ),
        next,
      }
    : {
        words: t("You finished “{tour}” and all other tours. Now the page is yours.", { tour: t(finished.title) }),
        next: null,
      };
};

export const mount = ({ element, props }) => {
  const find = (selector) => element.querySelector(selector),
    { tours } = props,
    progress = newProgress();
  let after = null, // the tour that the card offers after the end of another
    run = null; // not there yet when the page tells of a reading at once

  const card = newCard(find(".card"), {
    back: () => run.back(),
    next: () => (run.isRunning() ? run.next() : goOn()),
    leave: () => leave(),
    show: () => run.show(),
    focusTarget: () => spotlight.focusTarget(),
  });
  const spotlight = newSpotlight(find(".ring"), card.element, card.offerWay);
  const watch = watchPage(() => run?.check());

  const ended = (finished) => {
    const { words, next } = farewell(tours, finished, progress);
    after = next;
    card.show({
      title: t("The end of the tour"),
      step: 0,
      words,
      done: true,
      last: next ? t("Start it") : t("Close"),
      back: false,
    });
    spotlight.aim("");
  };
  run = runTours(tours, { card, spotlight, watch, progress, ended });

  const leave = () => {
    const keyboard = card.element.contains(document.activeElement);
    run.leave();
    if (keyboard) menu.focus();
  };
  const start = (id, step) => {
    menu.dismiss();
    run.start(id, step);
  };
  const goOn = () => (after ? start(after.id, progress.reached(after.id)) : leave());

  const menu = toursMenu(element, tours, progress, (id, step) => {
    start(id, step);
    card.focus();
  });
  setStage(start);
  on("tour", (id) => {
    if (!progress.isDone(id)) startTour(id, progress.reached(id)); // a lesson's wish, which comes again after a reload
  });

  const asked = new URLSearchParams(location.search).get("tour"),
    running = progress.running();
  if (running) startTour(running, progress.reached(running));
  else if (asked) startTour(asked, progress.reached(asked));
};
