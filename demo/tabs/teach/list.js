/* The list of the visitor's corrections, each with the model's reading of it. */
import { make } from "../../web/dom.js";
import { plural, t } from "../../web/language.js";
import { sketch } from "../../web/sketch.js";
import { keyOf } from "./corrections.js";
import { article, resultText } from "./words.js";

/* Whether a lesson has taught exactly these corrections. */
export const isUpToDate = (corrections, lesson) => {
  const learned = Object.keys(lesson?.read ?? {}),
    wanted = corrections.map(keyOf);
  return learned.length === wanted.length && wanted.every((key) => learned.includes(key));
};

const titleText = (count) => (count ? plural(count, "Your correction", "Your {n} corrections") : t("Your corrections"));

/* What the model that reads, called `name`, knows of the corrections; `lesson` is the one that it comes from. */
const stateText = ({ corrections, lesson, busy, name }) => {
  const one = corrections.length === 1;
  if (!corrections.length)
    return lesson
      ? t("The model that reads still knows the corrections that you have removed.")
      : t("None yet. Each correction that you teach is stored here, and all of them are taught together.");
  if (busy) return t("A lesson is running.");
  if (isUpToDate(corrections, lesson))
    return one ? t("The model that reads has learned it.") : t("The model that reads has learned these.");
  if (lesson) return t("The model that reads has learned others than these. Teach them again to bring it up to date.");
  const model = `${name[0].toUpperCase()}${name.slice(1)}`;
  return one ? t("{model} has not learned it.", { model }) : t("{model} has not learned these.", { model });
};

const tile = (correction, { lesson, busy }, remove) => {
  const label = article(correction.label),
    words = { "aria-label": t("Remove the correction “{label}”", { label }), title: t("Remove") },
    button = make("button", { type: "button", ...words }, "×");
  button.addEventListener("click", () => remove(correction));
  button.disabled = busy;
  return make(
    "li",
    {},
    sketch(make("canvas", { width: 128, height: 128, "aria-hidden": "true" }), correction),
    make("b", {}, label),
    make("small", {}, resultText(correction.label, lesson?.read[keyOf(correction)])),
    button,
  );
};

/* Show the list and its buttons: `state` has the corrections, the lesson, whether one runs (`busy`), whether there is a
   reading (`ready`) and the model's name; `remove(correction)` is called by a button. */
export const showList = (find, state, remove) => {
  const { corrections, lesson, busy, ready } = state,
    count = corrections.length;
  find(".count").textContent = titleText(count);
  find(".state").textContent = stateText(state);
  find(".tiles").replaceChildren(...corrections.map((correction) => tile(correction, state, remove)));
  const again = find('[data-do="again"]');
  again.textContent = count ? plural(count, "Teach this one", "Teach these {n}") : t("Forget what was taught");
  again.disabled = busy || !ready || isUpToDate(corrections, lesson);
  again.hidden = !count && !lesson;
  for (const name of ["export", "forget"]) find(`[data-do="${name}"]`).disabled = busy || !count;
  find('[data-do="import"]').disabled = busy;
};
