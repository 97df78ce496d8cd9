/* Below a view: the same view of the same drawing, read by another model. */
import { isBeside } from "../../web/beside.js";
import { emit, on } from "../../web/bus.js";
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
    leads = false,
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
  const start = () => {
    if (!leads) lead(frame, (model) => isWished() && emit("compared", model));
    leads = true;
    frame.src = address(opened(), wanted ?? other());
  };

  const compare = (model) => {
    wanted = props.models.includes(model) ? model : null;
    button.setAttribute("aria-expanded", "true");
    button.textContent = END;
    show();
  };
  const end = () => {
    button.setAttribute("aria-expanded", "false");
    button.textContent = START;
    frame.removeAttribute("src");
    emit("compared", null);
    show();
  };
  button.addEventListener("click", () => (isWished() ? end() : compare(null)));
  on("compare", (model) => {
    if (model) compare(model);
    else if (isWished()) end();
  });

  on("reading", ({ source }) => {
    reads = source.model;
    show();
  });
  on("opened", show);
};
