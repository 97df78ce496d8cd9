/* "Make a lesson": what it shows, and its link. */
import { make } from "../web/dom.js";
import { t } from "../web/language.js";
import { LONGEST_TITLE } from "./codec.js";

const choice = ({ name, title }) =>
  make("label", {}, make("input", { type: "checkbox", name: "view", value: name }), ` ${t(title)}`);

const group = ({ title, views }) => make("fieldset", {}, make("legend", {}, t(title)), ...views.map(choice));

/* Fill the dialog; `linkOf(lesson, { blank })` makes the link, `copy` copies it, `opened()` is the open view. */
export const lessonDialog = (dialog, { steps, tours, linkOf, copy, opened }) => {
  const find = (selector) => dialog.querySelector(selector),
    form = find("form");
  const views = () => [...form.querySelectorAll('[name="view"]:checked')].map(({ value }) => value);

  find(".views").replaceChildren(...steps.map(group));
  find("[name=title]").maxLength = LONGEST_TITLE;
  find("[name=tour]").append(...tours.map(({ id, title }) => make("option", { value: id }, t(title))));
  find(".tour").hidden = tours.length === 0;

  const say = (text) => {
    find(".message").textContent = text;
  };
  const forget = () => {
    find(".link").hidden = true;
    say("");
  };

  const lesson = () => ({
    title: form.elements.title.value.trim(),
    views: views(),
    controls: form.elements.controls.checked,
    tour: form.elements.tour.value || null,
  });

  form.addEventListener("input", forget);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = lesson();
    if (!wanted.title) return say(t("Give the lesson a title."));
    if (!wanted.views.length) return say(t("Choose at least one view."));
    const link = linkOf(wanted, { blank: form.elements.sheet.value === "blank" });
    find(".link").hidden = false;
    find(".link a").href = link;
    find(".link").scrollIntoView({ block: "end" });
    copy(link, { field: find(".link input"), status: find(".message") });
  });
  find(".close").addEventListener("click", () => dialog.close());

  return () => {
    forget();
    for (const box of form.querySelectorAll('[name="view"]')) box.checked = box.value === opened();
    dialog.showModal();
    form.elements.title.focus();
  };
};
