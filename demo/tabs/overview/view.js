/* The drawing on its way through the model, in one picture. */
import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { onceAFrame } from "../../web/dom.js";
import { isInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { modelKey } from "../../web/model_key.js";
import { argmax } from "../../web/numbers.js";
import { open } from "../../web/route.js";
import { saves } from "../../web/save.js";
import { chosen, pointing } from "../../web/selection.js";
import { layOut } from "./layout.js";
import { build } from "./picture.js";
import { followPointing, partOf } from "./pointing.js";
import { data, sheet } from "./sheet.js";
import { light, show, showFlows } from "./show.js";
import { firstNumbers, inkOf } from "./values.js";
import { opens, says } from "./words.js";

const FIRST = 24; // numbers of a vector that its strip shows
const INVITATION = t("Point at any part: it says what it does, with its numbers. A click looks closer.");
const GHOST = t("Draw a digit, or take an example. The picture still shows the last drawing.");
const BEFORE = t("Draw a digit, or take an example, and watch its way through the model here.");

/* Position embeddings come with whole readings only; they are the model's own, so a glance gets those of the last
   one. */
const withPositions = (reading, before) => {
  if (reading.whole || modelKey(before?.model) !== modelKey(reading.model)) return reading;
  return { ...reading, pos_embed: before.pos_embed };
};

/* A reading as the picture needs it. */
const shownOf = (reading) => {
  const { model, image, probs } = reading,
    embedded = unpack(reading.first_numbers),
    places = reading.pos_embed && model.positions !== "none" ? unpack(reading.pos_embed) : null;
  embedded.data = embedded.data.map((value) => (2 * value - 1) * reading.number_scale);
  return {
    ...reading,
    looks: unpack(reading.looks ?? reading.cls),
    lens: unpack(reading.lens),
    ink: inkOf(image, model),
    digit: argmax(probs),
    numbers: [firstNumbers(embedded, FIRST), places && firstNumbers(places, FIRST)],
  };
};

export const mount = ({ element }) => {
  const find = (selector) => element.querySelector(selector),
    holder = find(".picture"),
    { point, pin } = pointing();
  let latest = null, // the last reading; it is unpacked as soon as the picture is in sight
    shown = null,
    drawn = null, // { layout, parts } for this model and width
    key = "",
    pointed = null;

  const say = (text, target) => {
    find(".says").textContent = text;
    find(".go").hidden = !target;
    if (target) find(".go").textContent = t("Open {view} →", { view: target.title });
  };

  const sayPointed = () => {
    if (!shown) say(BEFORE);
    else if (pointed) say(says(shown, pointed), opens(pointed));
    else say(element.classList.contains("ghost") ? GHOST : INVITATION);
  };

  /* For screen readers each part says what it says when it is pointed at; a name begins with what stands there, so
     that it can be spoken to open the part. */
  const nameParts = () => {
    for (const cell of drawn.parts.root.querySelectorAll("[role=button]")) {
      const words = [...cell.querySelectorAll("text")].map(({ textContent }) => textContent).filter(Boolean),
        part = partOf(cell),
        text = says(shown, part);
      cell.setAttribute("aria-label", part.kind === "ring" ? [...words, text].join(" ") : text);
    }
  };

  const layOutAgain = () => {
    const width = Math.round(holder.clientWidth),
      wanted = `${width} ${modelKey(shown.model)}`;
    if (wanted === key || !width) return;
    key = wanted;
    const layout = layOut(width, shown.model);
    drawn = { layout, parts: build(layout, shown.model) };
    holder.replaceChildren(drawn.parts.root);
  };

  const lightUp = () => light(drawn, shown, chosen().token, pointed);

  const refresh = onceAFrame(() => {
    if (!latest || !isInSight(element)) return;
    if (shown?.reading !== latest) shown = { ...shownOf(latest), reading: latest };
    layOutAgain();
    show(drawn, shown);
    lightUp();
    if (shown.whole) setTimeout(nameParts); // in a task of its own, so that a stroke that begins now is not held up
    if (shown.whole || !pointed) sayPointed();
  });

  const openPart = (part) => {
    const { view, selection } = opens(part);
    if ("token" in selection) pin(selection.token);
    open(view, selection);
  };

  followPointing(holder, {
    now: () => ({ layout: drawn?.layout, model: shown?.model }),
    pointed: (part) => {
      const before = pointed;
      pointed = part;
      if (!drawn) return;
      for (const [each, head] of [
        [before, -1],
        [part, part?.head],
      ])
        if (each?.kind === "head") showFlows(drawn, shown, each.layer, head);
      point(part?.token || undefined);
      lightUp();
      sayPointed();
    },
    clicked: openPart,
  });
  find(".go").addEventListener("click", () => {
    if (pointed) openPart(pointed);
  });

  saves(element, {
    ready: () => drawn && shown,
    name: () => "how-it-reads",
    picture: () => sheet(drawn, shown),
    data: () => data(shown),
  });

  on("reading", (reading) => {
    element.classList.remove("ghost");
    latest = withPositions(reading, latest);
    refresh();
  });
  for (const topic of ["nothing", "cleared"])
    on(topic, () => {
      element.classList.add("ghost");
      sayPointed();
    });
  on("chosen", () => {
    if (drawn && isInSight(element)) lightUp();
  });
  new ResizeObserver(refresh).observe(holder);
  new IntersectionObserver(refresh).observe(element);
  sayPointed();
};
