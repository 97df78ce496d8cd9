/* Two drawings: parts of the model are copied from the run on the kept drawing into the run on the new one. */
import { here } from "../../web/answers/here.js";
import { unpack } from "../../web/arrays.js";
import { emit, on } from "../../web/bus.js";
import { called } from "../../web/class_names.js";
import { make, paint } from "../../web/dom.js";
import { whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { offers, open } from "../../web/route.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { call, failureText, newest } from "../../web/server.js";
import { twoDrawingsFigure, twoDrawingsTable } from "./files.js";
import { markHead, showParts } from "./parts_table.js";
import { placeOf, showStates } from "./token_states.js";
import { gapsText, offText, scaleText, strongestHead, strongestTexts, summaryText, tokenText } from "./words.js";

/* The answer of the server as arrays, with the sizes of the model. */
const unpacked = ({ classes, gaps, ...answer }, model) => {
  const [heads, mlps, layers, tokens] = ["heads", "mlps", "layers", "tokens"].map((name) => unpack(answer[name]).data);
  const sizes = { num_heads: model.num_heads, count: model.num_patches + 1, side: model.grid_size };
  return { classes, gaps, heads, mlps, layers, tokens, ...sizes };
};

const KEPT = () => t("Kept. Now change the drawing, or draw another digit, until the model reads it differently.");

export const mount = ({ element, server }) => {
  const askDifferences = here("tabs/two_drawings", "differences", server.differences);
  const find = (selector) => element.querySelector(selector);
  let reading = null, // the page's last whole reading
    kept = null, // what the kept drawing is made of; null for an example
    shares = null;

  const say = (text) => {
    find(".message").textContent = text;
  };

  const showPair = (answer) => {
    paint(find(".kept"), unpack(answer.kept).data, reading.model.image_size);
    const [source, receiver] = answer.classes.map(called);
    find(".source").textContent = kept
      ? t("Kept: {digit}", { digit: source })
      : t("Example: {digit}", { digit: source });
    find(".receiver").textContent = t("New: {digit}", { digit: receiver });
  };

  const show = () => {
    find(".summary").textContent = summaryText(shares);
    find(".off").textContent = offText(shares);
    find(".off").hidden = !offers("what_if");
    find(".gaps").textContent = gapsText(shares);
    find(".scale").textContent = scaleText(shares);
    find(".strongest").replaceChildren(...strongestTexts(shares).map((text) => make("li", {}, text)));
    showParts(find(".parts"), shares);
    showStates(find(".states"), shares, reading.model, reading.image);
    find(".pointed").textContent = t("Point at a patch or at cls.");
    find(".content").hidden = false;
    markHead(find(".parts"), chosen());
  };

  const showNothing = (text = "") => {
    shares = null;
    find(".content").hidden = true;
    find(".summary").textContent = text;
  };

  /* ---- one question for each pair; an answer to an older pair is dropped ---- */
  const question = newest();
  const take = (answer) => {
    if (answer.error) {
      showNothing(kept ? KEPT() : "");
      return say(answer.error);
    }
    shares = unpacked(answer, reading.model);
    showPair(answer);
    show();
  };
  const { ask } = whenInSight(element, async () => {
    if (!reading) return;
    const current = question.next();
    say("");
    find(".summary").setAttribute("aria-busy", "true");
    if (!shares) find(".summary").textContent = t("Each part is copied, one after the other…");
    try {
      const answer = await call(askDifferences, { ...reading.source, kept });
      if (current()) take(answer);
    } catch (error) {
      if (current()) say(failureText(error));
    } finally {
      if (current()) find(".summary").setAttribute("aria-busy", "false");
    }
  });

  /* ---- keeping a drawing ---- */
  const keep = (source) => {
    kept = source;
    find(".example").hidden = !kept;
    ask();
  };
  find(".keep").addEventListener("click", () => {
    if (!reading) return;
    const { model: _, ...source } = reading.source;
    keep(source);
    paint(find(".kept"), reading.image.data, reading.model.image_size);
    find(".source").textContent = t("Kept: {digit}", { digit: called(reading.digit) });
    showNothing(KEPT());
  });
  find(".example").addEventListener("click", () => keep(null));

  /* ---- pointing ---- */
  const states = find(".states");
  states.addEventListener("pointerover", ({ target }) => {
    const at = shares && placeOf(target);
    if (at) find(".pointed").textContent = t("{sentence}.", { sentence: tokenText(at.state, at.token, shares) });
  });
  states.addEventListener("click", ({ target }) => {
    const at = shares && placeOf(target);
    if (at) choose({ token: at.token });
  });
  find(".parts").addEventListener("click", ({ target }) => {
    const { layer, head } = target.closest("button")?.dataset ?? {};
    if (head !== undefined) choose({ layer: Number(layer), head: Number(head) });
  });

  find(".off").addEventListener("click", () => {
    const { layer, head } = strongestHead(shares);
    open("what_if", { layer, head });
    emit("switch_off", { layer, head });
  });
  /* Another view gives a drawing to compare with. */
  on("keep", keep);

  saves(element, {
    ready: () => shares,
    name: () => `two-drawings-${shares.classes.join("-")}`,
    picture: () => twoDrawingsFigure(shares, [...element.querySelectorAll(".states svg")], reading.model),
    data: () => twoDrawingsTable(shares),
  });

  on("nothing", () => {
    question.cancel();
    reading = null;
    showNothing(t("Draw a digit first"));
    find(".receiver").textContent = "";
    find(".now").getContext("2d").clearRect(0, 0, 28, 28);
  });
  on("reading", (message) => {
    if (!message.whole) return;
    reading = message;
    paint(find(".now"), reading.image.data, reading.model.image_size);
    ask();
  });
  on("chosen", () => markHead(find(".parts"), chosen()));
};
