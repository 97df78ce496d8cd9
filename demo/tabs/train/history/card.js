/* One training of the list: its name, its figures, and what can be done with it. */
import { make } from "../../../web/dom.js";

const percent = (share) => `${(100 * share).toFixed(2)} %`;

/* The state of a training in one line. */
export const figures = ({ message, val, test_accuracy, test_interval }) => {
  const test =
    test_accuracy === null
      ? ""
      : `${percent(test_accuracy)} of the test images (${percent(test_interval[0])} to ${percent(test_interval[1])})`;
  const heldOut = val.length ? `${percent(val.at(-1)[2])} held out` : "";
  return [message, test, heldOut].filter(Boolean).join(" · ");
};

const button = (label, action, disabled = false) => {
  const node = make("button", { type: "button" }, label);
  node.disabled = disabled;
  node.addEventListener("click", action);
  return node;
};

const nameField = (run, rename) => {
  const field = make("input", { class: "name", value: run.name, maxlength: 60, "aria-label": "Name of this training" });
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
  return make("label", { class: "tick" }, box, "Compare");
};

/* Build the card of a stored `run`; `actions` has rename, use, compare, save and forget. */
export const runCard = (run, training, compared, actions) => {
  const swatch = make("div", { class: "swatch" }),
    command = make("code", {}, training.command),
    recipe = [training.recipe, training.differences].filter(Boolean).join(": "),
    unusable = !training.can_use;
  swatch.style.background = run.colour;
  command.hidden = true;
  const toggleCommand = () => {
    command.hidden = !command.hidden;
  };
  const row = make(
    "div",
    { class: "row" },
    button("Let it read", () => actions.use(run), unusable),
    compareBox(compared, unusable, (wanted) => actions.compare(run, wanted)),
    button("Download", () => actions.save(run), unusable),
    button("Command", toggleCommand, !training.command),
    button("Delete", () => actions.forget(run)),
  );
  const text = [make("p", { class: "figures" }, figures(training)), make("p", { class: "what" }, recipe)];
  return make(
    "li",
    { "data-run": run.id },
    swatch,
    make("div", {}, nameField(run, actions.rename), ...text, row, command),
  );
};
