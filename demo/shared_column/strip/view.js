/* While the pad is out of view on a narrow screen: the drawing, its digit and how certain that is. */
import { on } from "../../web/bus.js";
import { called } from "../../web/class_names.js";
import { paint } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";

export const mount = ({ element }) => {
  const find = (selector) => element.querySelector(selector),
    sheet = () => document.querySelector("#pad .sheet");

  const say = (digit, sure) => {
    find(".digit").textContent = digit;
    find(".sure").textContent = sure;
  };

  on("reading", ({ image, probs, digit, in_distribution: inDistribution }) => {
    paint(find("canvas"), image.data, image.shape[0]);
    if (inDistribution) say(called(digit), t("{share} sure", { share: percent(probs[digit]) }));
    else say("?", t("probably not a digit"));
  });
  for (const topic of ["nothing", "cleared"]) on(topic, () => say("–", t("nothing to read")));

  find("button").addEventListener("click", () => {
    sheet().scrollIntoView({ block: "center" });
    sheet().querySelector("canvas").focus({ preventScroll: true });
  });
  const sight = new IntersectionObserver(([entry]) => {
    find("button").hidden = entry.isIntersecting;
  });
  on("sheet", () => sight.observe(sheet())); // from then on the pad is there
};
