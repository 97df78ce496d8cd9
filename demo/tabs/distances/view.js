/* Mean attention distance of each head: over test digits, and on this drawing. */

import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { whenInSight } from "../../web/in_sight.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { askOfEachModel } from "../../web/model_question.js";
import { saves } from "../../web/save.js";
import { choose, chosen, MEAN } from "../../web/selection.js";
import { distances } from "./distance.js";
import { distancePlot } from "./distance_plot.js";
import { distancesFigure, distancesTable } from "./files.js";
import { about, ends, headText } from "./words.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  let known = null, // of the model: distance over test digits, how many digits, and the distance of uniform attention
    reading = null; // with `far`, the distances on the drawing, as soon as they are shown

  const chosenIndex = () => (chosen().head === MEAN ? null : chosen().layer * reading.model.num_heads + chosen().head);
  const textOf = (index) => headText(index, reading.model, known.distance, reading.far);

  const say = (hovered = null) => {
    const index = hovered ?? chosenIndex();
    find(".spoken").textContent =
      index === null ? ends(known.distance, reading.model) : t("{sentence}.", { sentence: textOf(index) });
  };

  const showChosen = () => {
    if (!known) return;
    for (const [index, dot] of element.querySelectorAll(".plot .head").entries()) {
      dot.classList.toggle("chosen", index === chosenIndex());
      dot.setAttribute("aria-pressed", index === chosenIndex());
    }
    say();
  };

  const show = () => {
    if (!reading) return;
    if (reading.far === undefined) reading.far = distances(unpack(reading.attention), reading.model);
    const plot = known && distancePlot(find(".plot").clientWidth, reading.model, known, reading.far, textOf);
    if (!plot) return; // not known, hidden, or not laid out yet
    find(".plot").replaceChildren(plot);
    find(".far").textContent = about(known.even);
    find(".digits").textContent = t("mean over {digits} MNIST test digits", { digits: known.digits });
    showChosen();
  };

  const sight = whenInSight(element, show);

  const indexOf = (target) => {
    const { layer, head } = target?.closest?.(".plot .head")?.dataset ?? {};
    return head === undefined ? null : Number(layer) * reading.model.num_heads + Number(head);
  };
  const point = ({ target }) => known && say(indexOf(target));
  element.addEventListener("pointerover", point);
  element.addEventListener("pointerleave", () => known && say());
  element.addEventListener("focusin", point);
  find(".plot").addEventListener("click", ({ target }) => {
    const { layer, head } = target.closest(".head")?.dataset ?? {};
    if (head !== undefined) choose({ layer: Number(layer), head: Number(head) });
  });
  rove(find(".plot"), ".head");

  on("reading", ({ whole, model, attention }) => {
    if (!whole) return;
    reading = { model, attention };
    sight.ask();
  });
  on("nothing", () => {
    if (!reading) return;
    reading = { ...reading, far: null };
    sight.ask();
  });
  on("chosen", showChosen);
  find(".spoken").textContent = t("Reading the test digits…");
  askOfEachModel(element, server.distances, {
    take: ({ distance, ...rest }) => {
      known = { ...rest, distance: [...unpack(distance).data] };
      show();
    },
    forget: () => {
      known = null;
      find(".plot").replaceChildren();
      find(".spoken").textContent = t("Reading the test digits…");
    },
    say: (text) => {
      find(".message").textContent = text;
    },
  });

  saves(element, {
    ready: () => known,
    name: () => "distances",
    picture: () => distancesFigure(find(".plot svg"), known.digits),
    data: () => distancesTable(reading.model, known, reading.far),
  });

  new ResizeObserver(() => {
    if (find(".plot svg")?.viewBox.baseVal.width !== find(".plot").clientWidth) show();
  }).observe(find(".plot"));
};
