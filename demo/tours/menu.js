/* The menu of tours, and the invitation at the first visit. */
import { on } from "../web/bus.js";
import { make } from "../web/dom.js";
import { plural, t } from "../web/language.js";

const minutes = (count) => plural(count, "{n} minute", "{n} minutes");

const EDGE = 8; // pixels between the menu and the edge of the window

const putBelow = (menu, button) => {
  const { right, bottom } = button.getBoundingClientRect();
  menu.style.left = `${Math.max(EDGE, Math.min(right - menu.offsetWidth, innerWidth - menu.offsetWidth - EDGE))}px`;
  menu.style.top = `${bottom + EDGE}px`;
};

/* How far the visitor is in a tour: words for its button. */
const state = ({ id, steps }, progress) => {
  if (progress.reached(id))
    return t("Resume at step {step} of {steps}", { step: progress.reached(id) + 1, steps: steps.length });
  return progress.isDone(id) ? t("✓ Done") : "";
};

const entry = (tour, progress, start) => {
  const from = progress.reached(tour.id),
    again = make("button", { type: "button", class: "again" }, t("From the beginning")),
    button = make(
      "button",
      { type: "button", class: "tour", "data-tour": tour.id },
      make("b", {}, t(tour.title)),
      make("span", { class: "minutes" }, minutes(tour.minutes)),
      make("span", { class: "about" }, t(tour.about)),
      make("span", { class: "state" }, state(tour, progress)),
    );
  button.addEventListener("click", () => start(tour.id, from));
  again.addEventListener("click", () => start(tour.id, 0));
  again.setAttribute("aria-label", t("{tour} From the beginning", { tour: t(tour.title) }));
  return make("li", {}, button, ...(from ? [again] : []));
};

/* `start(id, step)` starts a tour. Returns `dismiss()`, which takes the invitation away. */
export const toursMenu = (element, tours, progress, start) => {
  const find = (selector) => element.querySelector(selector),
    menu = find(".menu"),
    invitation = find(".invitation");
  let inLesson = false;

  menu.addEventListener("beforetoggle", ({ newState }) => {
    if (newState !== "open") return;
    const choose = (id, from) => {
      menu.hidePopover();
      start(id, from);
    };
    find(".list").replaceChildren(...tours.map((tour) => entry(tour, progress, choose)));
  });
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") putBelow(menu, find(".open"));
  });

  const invite = (now) => {
    invitation.hidden = !now;
    find(".open").classList.toggle("new", now); // a phone has no room for more
  };
  const dismiss = () => {
    invite(false);
    progress.invited();
  };
  find(".first").textContent = t("New here? A tour of {duration}", { duration: minutes(tours[0].minutes) });
  find(".first").addEventListener("click", () => start(tours[0].id, 0));
  find(".dismiss").addEventListener("click", () => {
    dismiss();
    find(".open").focus();
  });
  const offer = () => invite(!inLesson && !progress.isInvited());
  on("lesson", (lesson) => {
    inLesson = Boolean(lesson?.title); // it lacks views that the tour leads through
    offer();
  });
  offer();
  return { dismiss, focus: () => find(".open").focus() };
};
