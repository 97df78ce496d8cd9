/* One click starts a training: the buttons are off while one runs. */

import { t } from "../../../web/language.js";
import { translateGradio } from "../../../web/translate_gradio.js";
import { hasEnded, onTraining } from "../training.js";

const GRADIO = ".intro, #training-settings, #unwatched"; // the parts of the tab that are no views

export const mount = ({ element, trigger }) => {
  const form = element.querySelector("form"),
    buttons = [...element.querySelectorAll("button")];

  for (const button of element.querySelectorAll("[data-experiment]")) {
    button.addEventListener("click", () => trigger("experiment", { name: button.dataset.experiment }));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trigger("experiment", { name: "least_data", per_class: form.elements.per_class.valueAsNumber });
  });

  translateGradio(element.closest("[role=tabpanel]").querySelectorAll(GRADIO));

  onTraining((training) => {
    for (const button of buttons) {
      button.disabled = !hasEnded(training);
      button.title = button.disabled ? t("Stop the training that runs first") : "";
    }
  });
};
