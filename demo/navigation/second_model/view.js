/* Below a view: the same view of the same drawing, read by another model. */
import { isBeside } from "../../web/beside.js";
import { on } from "../../web/bus.js";
import { t } from "../../web/language.js";
import { opened } from "../../web/route.js";
import { address, follow, lead } from "./frame.js";

const START = t("Compare with another model"),
  END = t("End the comparison");

export const mount = ({ element, props }) => {
  const button = element.querySelector("button"),
    section = element.querySelector("section"),
    frame = element.querySelector("iframe");
  let reads = null,
    leads = false;

  if (isBeside) {
    element.hidden = true;
    follow(props.views);
    return;
  }

  const other = () => props.models.find((model) => model !== reads);
  const show = () => {
    const fits = props.views.includes(opened());
    button.hidden = !fits || !other();
    section.hidden = button.hidden || button.getAttribute("aria-expanded") === "false";
  };

  const start = () => {
    if (!leads) lead(frame);
    leads = true;
    frame.src = address(opened(), other());
  };

  button.addEventListener("click", () => {
    const starts = button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(starts));
    button.textContent = starts ? END : START;
    if (starts) start();
    else frame.removeAttribute("src");
    show();
  });

  on("reading", ({ source }) => {
    reads = source.model;
    show();
  });
  on("opened", show);
};
