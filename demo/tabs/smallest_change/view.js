/* Smallest change: what turns the answer into another digit, with the steps to replay. */

import { unpack } from "../../web/arrays.js";
import { emit, on, tell } from "../../web/bus.js";
import { called, eachClass } from "../../web/class_names.js";
import { make, paint } from "../../web/dom.js";
import { isInSight, whenInSight } from "../../web/in_sight.js";
import { grouped, t } from "../../web/language.js";
import { rowsOf, runnerUp } from "../../web/numbers.js";
import { player } from "../../web/player.js";
import { finished } from "../../web/polling.js";
import { offers, open } from "../../web/route.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { failureText, newest } from "../../web/server.js";
import { stepBars } from "./bars.js";
import { smallestFigure, smallestTable } from "./files.js";
import { paintChange } from "./picture.js";
import { comparedText, readText, stepText, summaryText, whereText } from "./words.js";

const A_STEP = 700; // milliseconds of the replay

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  let reading = null, // the page's last whole reading
    answer = null,
    step = 0, // the step that is shown
    asked = null; // the class of the last question
  const showBars = stepBars(find(".bars"));
  const say = (text) => {
    find(".message").textContent = text;
  };
  const wayOf = () => find(".ways input:checked").value;
  const target = () => {
    const { digit } = chosen();
    return digit === null || digit === reading.digit ? runnerUp(reading) : digit;
  };

  /* ---- the answer, at one of its steps ---- */
  const show = () => {
    if (!answer) return;
    const side = reading.model.image_size,
      text = stepText(answer, step);
    paintChange(find(".overlay"), answer.images[0], answer.images[step], side);
    paint(find(".result"), answer.images[step], side);
    showBars(answer.probs[step], answer.digit[step]);
    find(".overlay").setAttribute("aria-label", text);
    find(".read").textContent = readText(answer, step);
    find(".now").textContent = text;
    slider.value = step;
    slider.setAttribute("aria-valuetext", text);
  };
  const last = () => answer.digit.length - 1;
  const go = (to) => {
    step = Math.min(Math.max(to, 0), last());
    show();
  };
  const { slider, stop } = player(element, {
    ready: () => answer,
    begin: () => {
      go(0);
      return (passed) => {
        go(Math.floor(passed / A_STEP));
        return passed < A_STEP * last();
      };
    },
    slide: go,
    move: (by) => go(step + by),
    rest: show,
  });

  const accept = ({ images, ...rest }) => {
    const { shape, data } = unpack(images);
    answer = {
      ...{ ...rest, way: wayOf(), from: reading.digit, grid: reading.model },
      images: rowsOf({ shape: [shape[0], shape[1] * shape[2]], data }),
    };
    slider.max = last();
    find(".summary").textContent = summaryText(answer);
    find(".compared").textContent = [whereText(answer), comparedText(answer)].filter(Boolean).join(" ");
    find(".compare").hidden = !offers("two_drawings");
    find(".content").hidden = last() === 0; // a search without a step has nothing to show
    go(last());
  };
  const showNothing = (text) => {
    stop();
    answer = null;
    find(".content").hidden = true;
    find(".compared").textContent = "";
    find(".summary").textContent = text;
  };
  const progress = ({ done, of }) => {
    find(".progress").hidden = !of;
    find(".progress .fill").style.transform = `scaleX(${of ? done / of : 0})`;
    find(".progress .share").textContent = t("{done} of {all}", { done: grouped(done), all: grouped(of) });
  };

  /* ---- the newest question; an answer to an older one is dropped ---- */
  const question = newest();
  const end = () => {
    find(".answer").setAttribute("aria-busy", "false");
    find(".progress").hidden = true;
  };
  const answerTo = async (payload, current) => {
    const found = await finished(server.change, payload, { current, inSight: () => isInSight(element), progress });
    if (!current()) return;
    if (!found) later();
    else if (found.error) showNothing(found.error);
    else accept(found);
  };
  const { ask, later } = whenInSight(element, async () => {
    if (!reading) return;
    const current = question.next();
    asked = target();
    say("");
    showNothing(t("Searching for the smallest change…"));
    find(".answer").setAttribute("aria-busy", "true");
    try {
      await answerTo({ ...reading.source, target: asked, way: wayOf() }, current);
    } catch (error) {
      if (current()) showNothing(failureText(error));
    }
    if (current()) end();
  });

  /* ---- what is asked for ---- */
  const digits = eachClass(find(".digits"), (digit, name) => {
    const label = t("Turn it into {name}", { name }),
      input = make("input", { type: "radio", name: "inkling-turn-into", value: digit, "aria-label": label });
    input.addEventListener("change", () => choose({ digit }));
    return { node: make("label", {}, input, make("span", {}, name)), input };
  });
  const showTarget = () => {
    for (const [digit, { node, input }] of digits.entries()) {
      input.checked = reading !== null && digit === target();
      input.disabled = reading !== null && digit === reading.digit;
      node.title = input.disabled ? t("The drawing is read as {digit} now.", { digit: called(digit) }) : "";
    }
  };
  for (const input of element.querySelectorAll(".ways input")) input.addEventListener("change", ask);
  find(".put").addEventListener("click", () => {
    if (answer) tell("put", { picture: { image: answer.changed } });
  });

  find(".compare").addEventListener("click", () => {
    if (!answer) return;
    emit("keep", { picture: answer.changed });
    open("two_drawings");
  });

  saves(element, {
    ready: () => answer,
    name: () => `smallest-change-${answer.from}-${answer.target}-${answer.way}`,
    picture: () =>
      smallestFigure({ answer, step, overlay: find(".overlay"), result: find(".result"), model: reading.model }),
    data: () => smallestTable(answer),
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    question.cancel();
    reading = null;
    end();
    say("");
    showNothing(t("Draw a digit first"));
    showTarget();
  });
  on("reading", (message) => {
    if (!message.whole) return;
    reading = message;
    showTarget();
    ask();
  });
  on("chosen", () => {
    if (!reading) return;
    showTarget();
    if (target() !== asked) ask();
  });
};
