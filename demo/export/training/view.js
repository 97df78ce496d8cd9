/* The recorded training: its figures and its command, and its state for the views that follow a training. */
import { testWords } from "../../tabs/train/result/words.js";
import { publish } from "../../tabs/train/training.js";
import { decimal, grouped, t } from "../../web/language.js";

export const mount = async ({ element, server }) => {
  const { training, figures, command } = await server.training(),
    find = (selector) => element.querySelector(selector);
  find(".figures").textContent = t(
    "{parameters} parameters learned from {images} images in {epochs} epochs, which took {seconds} seconds on one processor core.",
    {
      parameters: grouped(figures.parameters),
      images: grouped(training.images),
      epochs: training.epochs,
      seconds: decimal(figures.train_seconds, 0),
    },
  );
  find(".test").textContent = testWords(training);
  find(".command").textContent = command;
  publish(training);
};
