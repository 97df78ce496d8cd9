/* Below a view: the same view of the same drawing, read by another model. */
import { isBeside } from "../../web/beside.js";
import { emit, on } from "../../web/bus.js";
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
    input = find("input"),
    question = newest();
  let reads = null,
    readBy = null, // makes another model read in the frame
    wanted = null; // the second model that a link names

  if (isBeside) {
    element.hidden = true;
    follow(props.views);
    return;
  }

  const other = () => props.models.find((model) => model !== reads);
  const show = () => {
    const fits = props.views.includes(opened());
    button.hidden = !reads || !fits || !other();
    section.hidden = button.hidden || !isWished();
    if (!section.hidden && !frame.hasAttribute("src")) start();
  };

  const isWished = () => button.getAttribute("aria-expanded") === "true";
  const tellLink = (model) => {
    if (isWished() && props.models.includes(model)) emit("compared", model);
  };
  const start = () => {
    readBy ??= lead(frame, tellLink);
    readBy(null);
    frame.src = address(opened(), wanted ?? other());
  };

  const say = (text) => {
    find(".message").textContent = text;
  };
  const compare = (model) => {
    say("");
    wanted = props.models.includes(model) ? model : null;
    button.setAttribute("aria-expanded", "true");
    button.textContent = END;
    show();
  };
  const end = () => {
    button.setAttribute("aria-expanded", "false");
    button.textContent = START;
    frame.removeAttribute("src");
    question.cancel();
    emit("compared", null);
    show();
  };
  button.addEventListener("click", () => (isWished() ? end() : compare(null)));
  on("compare", (model) => {
    if (model) compare(model);
    else if (isWished()) end();
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
