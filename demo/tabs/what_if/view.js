import { here } from "../../web/answers/here.js";
import { unpack } from "../../web/arrays.js";
import { on, tell } from "../../web/bus.js";
import { whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { modelKey } from "../../web/model_key.js";
import { colourMap } from "../../web/patch_map.js";
import { saves } from "../../web/save.js";
import { choose, chosen, pointing } from "../../web/selection.js";
import { call, failureText, newest } from "../../web/server.js";
import { askedText, attentionTitle, mapTitle, predictionText } from "./answer.js";
import { comparedBars } from "./bars.js";
import { isUntouched, NOTHING, orderOf, shuffled, summary, swapped, toggled } from "./changes.js";
import { whatIfFigure, whatIfTable } from "./files.js";
import { changedImage } from "./image.js";
import { modelParts } from "./parts.js";

export const mount = ({ element, server }) => {
  const askChanged = here("tabs/what_if", "changed", server.changed);
  const find = (selector) => element.querySelector(selector);
  const maps = [...element.querySelectorAll("[data-map]")];
  let reading = null, // the page's last whole reading
    before = null,
    now = null, // the readings without and with the changes
    changes = NOTHING,
    past = [], // earlier changes, for undo
    first = null, // the first patch of a swap
    builtFor = "",
    askedDigit = null; // the digit that the map was asked about, null for the predicted one

  const say = (text) => {
    find(".message").textContent = text;
  };

  /* ---- changes ---- */
  const update = (next) => {
    changes = next;
    first = null;
    show();
    ask();
    announce();
  };
  const change = (next) => {
    past.push(changes);
    update({ ...changes, ...next });
  };
  /* The other views show the unchanged drawing; the shared column says so while something is changed here. */
  const announce = () => tell("edited", { what: summary(changes), reset: () => change(NOTHING) });

  const press = (index) => {
    if (!reading) return;
    if (find(".tools input:checked").value === "erase") return change({ erased: toggled(changes.erased, index) });
    if (first === null || first === index) {
      first = first === index ? null : index;
      return show();
    }
    change({ order: swapped(orderOf(changes, reading.model.num_patches), first, index) });
  };
  const actions = {
    shuffle: () => change({ order: shuffled(reading.model.num_patches) }),
    positions: () => change({ positions: !changes.positions }),
    undo: () => update(past.pop()),
    reset: () => change(NOTHING),
  };
  for (const button of element.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => {
      if (reading) actions[button.dataset.do]();
    });
  find("[data-about]").addEventListener("click", () => choose({ digit: null }));

  /* ---- the page's parts ---- */
  const image = changedImage(find, press);
  const parts = modelParts(find, (layer, head) =>
    change(
      head === undefined
        ? { layers: toggled(changes.layers, layer) }
        : { heads: toggled(changes.heads, [layer, head]) },
    ),
  );
  const bars = comparedBars(find(".bars"), (digit) => {
    if (reading) choose({ digit: chosen().digit === digit ? null : digit });
  });

  const show = () => {
    image.show(changes, first);
    parts.showOff(changes);
    const positions = find('[data-do="positions"]');
    positions.setAttribute("aria-pressed", !changes.positions);
    positions.disabled = reading.model.positions === "none";
    positions.title = positions.disabled ? t("This model has no position embeddings.") : "";
    find('[data-do="undo"]').disabled = !past.length;
    find('[data-do="reset"]').disabled = !past.length || isUntouched(changes);
    showChosen();
  };

  const showAsked = () => {
    const text = askedText(now, chosen().digit);
    find(".about").hidden = !text;
    find(".about span").textContent = text;
  };

  const showAnswer = () => {
    bars.show(before, now);
    find(".summary").textContent = predictionText(before, now, isUntouched(changes));
    find(".outcome").hidden = isUntouched(changes);
    find(".outcome").textContent = find(".summary").textContent;
    image.paint(now.image);
    for (const holder of maps) colourMap(holder, reading.model, now.image, unpack(now.maps[holder.dataset.map]).data);
    find(".looks").textContent = attentionTitle(reading.model);
    find(".moved").textContent = mapTitle(now);
    showAsked();
    showChosen();
  };

  /* Frame the patch and mark the head and the digit that are chosen in all tabs. */
  const showChosen = () => {
    const { token, layer, head, digit } = chosen();
    image.mark(token);
    for (const cell of maps.flatMap((holder) => [...holder.querySelectorAll("[data-patch]")])) {
      const framed = token === Number(cell.dataset.patch) + 1;
      cell.setAttribute("stroke", framed ? "#fff" : "#ffffff40");
      cell.setAttribute("stroke-width", framed ? 0.5 : 0.08);
    }
    parts.mark({ layer, head });
    bars.mark(digit);
  };

  /* ---- a patch under the pointer is chosen in all views; a click in a map keeps it chosen ---- */
  const { point, toggle } = pointing();
  const tokenOf = ({ dataset: { place, patch } }) => {
    const index = place ?? patch;
    return index === undefined ? undefined : Number(index) + 1;
  };
  for (const type of ["pointerover", "focusin"])
    element.addEventListener(type, (event) => point(tokenOf(event.target)));
  for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, () => point());
  for (const holder of maps)
    holder.addEventListener("click", (event) => {
      if (reading && event.target.dataset.patch) toggle(tokenOf(event.target));
    });

  /* ---- one request for each change; an answer to older changes is dropped ---- */
  const accept = (answer, untouched) => {
    answer.image = unpack(answer.image);
    say("");
    now = answer;
    if (untouched) before = answer;
    else before ??= { probs: reading.probs, digit: reading.digit };
    if (answer.parts !== undefined) parts.showAccuracies(answer.parts);
    showAnswer();
    const [was, is] = [before, now].map(({ digit, probs }) => ({ digit, share: probs[digit] }));
    tell("did", { what: "changed", erased: changes.erased, before: was, now: { ...is, known: now.in_distribution } });
  };

  const question = newest();
  const { ask } = whenInSight(element, async () => {
    if (!reading) return;
    const current = question.next(),
      untouched = isUntouched(changes);
    find(".summary").setAttribute("aria-busy", "true");
    try {
      const answer = await call(askChanged, { ...reading.source, changes, target: chosen().digit });
      if (!current()) return;
      if (answer.error) return say(answer.error);
      accept(answer, untouched);
    } catch (error) {
      if (current()) say(failureText(error));
    } finally {
      if (current()) find(".summary").setAttribute("aria-busy", "false");
    }
  });

  const shown = () => ({
    ...{ before, now, model: reading.model },
    values: maps.map(({ dataset: { map } }) => unpack(now.maps[map]).data),
  });
  saves(element, {
    ready: () => now,
    name: () => `what-if-${now.digit}`,
    picture: () => whatIfFigure({ ...shown(), title: find(".summary").textContent, changes: summary(changes), maps }),
    data: () => whatIfTable(shown()),
  });

  /* ---- following the page: a new drawing, or another model, removes all changes ---- */
  const forgetChanges = () => {
    changes = NOTHING;
    past = [];
    first = before = null;
    announce();
  };

  on("nothing", () => {
    question.cancel();
    reading = now = null;
    forgetChanges();
    find(".summary").textContent = t("Draw a digit first");
    image.clear();
    for (const holder of maps) holder.replaceChildren();
    find(".moved").textContent = "";
    bars.clear();
  });

  on("reading", (message) => {
    if (!message.whole) return;
    reading = message;
    forgetChanges();
    askedDigit = chosen().digit;
    if (builtFor !== modelKey(reading.model)) {
      builtFor = modelKey(reading.model);
      image.build(reading.model);
      parts.build(reading.model);
    }
    show();
    ask();
  });

  /* Another view found a head: switch off this one alone. */
  on("switch_off", ({ layer, head }) => {
    if (reading) change({ ...NOTHING, heads: [[layer, head]] });
  });

  on("chosen", ({ digit }) => {
    if (!reading) return;
    showChosen();
    if (digit === askedDigit) return;
    askedDigit = digit;
    ask();
  });
};
