/* Below each view: the next view, by its question. */
import { on } from "../../web/bus.js";
import { t } from "../../web/language.js";
import { shows } from "../../web/lesson.js";
import { open, opened } from "../../web/route.js";
import { nextOf } from "../way.js";

export const mount = ({ element, props }) => {
  const button = element.querySelector("button");
  let next = null;
  const show = (name) => {
    next = nextOf(props.steps, name, shows);
    button.hidden = !next;
    if (next) button.querySelector("b").textContent = t(next.view.question);
  };
  on("opened", show);
  on("lesson", () => opened() && show(opened()));
  button.addEventListener("click", () => open(next.view.name));
};
