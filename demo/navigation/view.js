/* The steps of the page, and the views of the open step. */
import { emit, on } from "../web/bus.js";
import { make } from "../web/dom.js";
import { t } from "../web/language.js";
import { shows } from "../web/lesson.js";
import { open, opened, setViews, wished } from "../web/route.js";
import { remember, remembered, select } from "./tabs.js";
import { thumbnails } from "./thumbnails.js";
import { stepOf } from "./way.js";

const stepButton = ({ name, title, question }) =>
  make(
    "button",
    { type: "button", "data-step": name },
    make("canvas", { class: "thumbnail", width: 28, height: 28, "aria-hidden": "true" }),
    make("span", { class: "title" }, t(title)),
    make("span", { class: "question" }, t(question)),
  );

const viewButton = ({ name, title }) => make("button", { type: "button", "data-view": name }, t(title));

const markCurrent = (buttons, isCurrent, kind) => {
  for (const button of buttons) {
    if (isCurrent(button)) button.setAttribute("aria-current", kind);
    else button.removeAttribute("aria-current");
  }
};

/* A view is shown from its start, also where the page was scrolled down in another one. */
const scrollToStart = () => {
  const tabs = document.querySelector("#tabs");
  if (tabs.getBoundingClientRect().top < 0) tabs.scrollIntoView({ block: "start" });
};

export const mount = ({ element, props }) => {
  const find = (selector) => element.querySelector(selector);
  const { steps } = props;
  setViews(steps.flatMap(({ views }) => views.map(({ name }) => name)));
  const last = new Map(); // step -> the view of it that was open last
  find(".steps").replaceChildren(...steps.map((step) => make("li", {}, stepButton(step))));

  const shown = ({ views }) => views.filter(({ name }) => shows(name));

  const show = (name) => {
    const step = stepOf(steps, name);
    last.set(step.name, name);
    markCurrent(find(".steps").querySelectorAll("button"), (button) => button.dataset.step === step.name, "step");
    const views = shown(step);
    find(".views").hidden = views.length < 2;
    find(".views").replaceChildren(...views.map(viewButton));
    markCurrent(find(".views").children, (button) => button.dataset.view === name, "page");
    const task = step.views.find((view) => view.name === name).task ?? step.task;
    find(".here").hidden = !task;
    find(".task span").textContent = task ? t(task) : "";
    find(".surprise").open = false;
    find(".surprise p").textContent = step.surprise ? t(step.surprise) : "";
  };

  element.addEventListener("click", ({ target }) => {
    const { step, view } = target.closest("button")?.dataset ?? {};
    if (step) {
      const names = shown(steps.find(({ name }) => name === step)).map(({ name }) => name);
      open(names.includes(last.get(step)) ? last.get(step) : names[0]);
    }
    if (view) open(view);
  });

  on("open", async (name) => {
    if (name === opened() || !stepOf(steps, name) || !(await select(name))) return;
    remember(name);
    scrollToStart();
    emit("opened", name);
  });
  on("opened", show);
  on("lesson", () => {
    for (const [at, item] of [...find(".steps").children].entries()) item.hidden = !shown(steps[at]).length;
    if (opened()) show(opened());
  });
  thumbnails(element);
  open([wished(), remembered(steps)].find((name) => name && shows(name)) ?? steps.flatMap(shown)[0].name);
};
