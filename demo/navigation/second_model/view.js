/* Below a view: the same view of the same drawing, read by another model. */
import { isBeside } from "../../web/beside.js";
import { on } from "../../web/bus.js";
import { t } from "../../web/language.js";
import { opened } from "../../web/route.js";
import { newest } from "../../web/server.js";
import { address, follow, lead } from "./frame.js";
import { openModel } from "./model_file.js";

const START = t("Compare with another model"),
  END = t("End the comparison");

export const mount = ({ element, props }) => {
  const find = (selector) => element.querySelector(selector),
    button = find(".start"),
    section = find("section"),
    frame = find("iframe"),
    input = find("input");
  let reads = null,
    readBy = null; // makes another model read in the frame

  if (isBeside) {
    element.hidden = true;
    follow(props.views);
    return;
  }

  const question = newest();
  const other = () => props.models.find((model) => model !== reads);
  const show = () => {
    const fits = props.views.includes(opened());
    button.hidden = !fits || !other();
    section.hidden = button.hidden || button.getAttribute("aria-expanded") === "false";
  };

  const say = (text) => {
    find(".message").textContent = text;
  };
  const start = () => {
    readBy ??= lead(frame);
    readBy(null);
    frame.src = address(opened(), other());
  };

  button.addEventListener("click", () => {
    const starts = button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(starts));
    button.textContent = starts ? END : START;
    say("");
    question.cancel();
    if (starts) start();
    else frame.removeAttribute("src");
    show();
  });

  find(".open").addEventListener("click", () => input.click());
  const take = async (file) => {
    const current = question.next();
    say(t("The file is being opened…"));
    const { error, model } = await openModel(file);
    if (!current()) return;
    say(error ?? t("{name} reads below.", { name: file.name }));
    if (model) readBy(model);
  };
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) take(file);
    input.value = ""; // so that the same file can be chosen again
  });

  on("reading", ({ source }) => {
    reads = source.model;
    show();
  });
  on("opened", show);
};
