/* One training of the list: its name, its figures, and what can be done with it. */
import { make } from "../../../web/dom.js";
import { t } from "../../../web/language.js";
import { fragment, sentence } from "../../../web/sentences.js";
import { exactPercent } from "../numbers.js";

/* The state of a training in one line. */
export const figures = ({ message, val, test_accuracy, test_interval }) => {
  const test =
    test_accuracy === null
      ? ""
      : t("{share} of the test images ({low} to {high})", {
          share: exactPercent(test_accuracy),
          low: exactPercent(test_interval[0]),
          high: exactPercent(test_interval[1]),
        });
  const heldOut = val.length ? t("{share} held out", { share: exactPercent(val.at(-1)[2]) }) : "";
  return [sentence(message), test, heldOut].filter(Boolean).join(" · ");
};

const button = (label, action, disabled = false) => {
  const node = make("button", { type: "button" }, label);
  node.disabled = disabled;
  node.addEventListener("click", action);
  return node;
};

const nameField = (run, rename) => {
  const field = make("input", {
    class: "name",
    value: run.name,
    maxlength: 60,
    "aria-label": t("Name of this training"),
  });
  field.addEventListener("change", () => {
    run.name = field.value.trim() || run.name;
    field.value = run.name;
    rename();
  });
  return field;
};

const compareBox = (compared, disabled, compare) => {
  const box = make("input", { type: "checkbox" });
  box.checked = compared;
  box.disabled = disabled;
  box.addEventListener("change", () => compare(box.checked));
  return make("label", { class: "tick" }, box, t("Compare"));
};

/* The nearest recipe of the tab, and what differs from it. */
const recipeWords = ({ recipe, differences }) => {
  const words = differences?.split(", ").map(fragment).join(", ");
  return [sentence(recipe), words].filter(Boolean).join(": ");
};

/* Build the card of a stored `run`; `actions` has rename, use, compare, save, link and forget. */
export const runCard = (run, training, compared, actions) => {
  const swatch = make("div", { class: "swatch" }),
    command = make("code", {}, training.command),
    recipe = recipeWords(training),
    unusable = !training.can_use;
  swatch.style.background = run.colour;
  command.hidden = true;
  const toggleCommand = () => {
    command.hidden = !command.hidden;
  };
  const row = make(
    "div",
    { class: "row" },
    button(t("Let it read"), () => actions.use(run), unusable),
    compareBox(compared, unusable, (wanted) => actions.compare(run, wanted)),
    button(t("Download"), () => actions.save(run), unusable),
    button(t("Command"), toggleCommand, !training.command),
    button(t("Copy link"), () => actions.link(run)),
    button(t("Delete"), () => actions.forget(run)),
  );
  const text = [make("p", { class: "figures" }, figures(training)), make("p", { class: "what" }, recipe)];
  return make(
    "li",
    { "data-run": run.id },
    swatch,
    make("div", {}, nameField(run, actions.rename), ...text, row, command),
  );
};
