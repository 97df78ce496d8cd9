/* Learned from: the training digits behind an answer, searched on request, and a check that unlearns them. */
import { on } from "../../web/bus.js";
import { digitCanvas, openSheet } from "../../web/digit_sheet.js";
import { make } from "../../web/dom.js";
import { isInSight, whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { finished } from "../../web/polling.js";
import { failureText, newest } from "../../web/server.js";
import { showEffects } from "./effects.js";
import {
  captionText,
  detailText,
  digitText,
  holdsUpText,
  nearText,
  sourceText,
  stageText,
  summaryText,
} from "./words.js";

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  let reading = null, // the page's last whole reading
    wanted = null, // the model whose training digits the visitor wants searched
    checked = null;

  const say = (text) => {
    find(".message").textContent = text;
  };
  const model = () => reading.source.model;
  const isShipped = () => props.shipped.includes(model());
  const inSight = () => isInSight(element);

  /* ---- what is shown ---- */
  const progress = (answer) => {
    const { done, of } = answer ?? {};
    find(".wait").hidden = !answer;
    find("progress").value = of ? done / of : 0;
    if (answer) find(".wait span").textContent = stageText(answer);
  };
  const showCheck = () => {
    find(".checked").hidden = !checked;
    if (!checked) return;
    const way = find(".checked input:checked").value;
    showEffects(find(".effects"), checked, way);
    find(".on-average").textContent = holdsUpText(checked.measured);
    find(".detail").textContent = detailText(checked.measured, way);
  };
  const showNothing = (text = "") => {
    checked = null;
    find(".content").hidden = find(".missing").hidden = true;
    find(".summary").textContent = text;
    showCheck();
  };
  const showStart = () => {
    find(".start").hidden = reading !== null && wanted === model();
    find(".start").disabled = reading === null;
  };
  const tile = (digit, canvas) =>
    make("li", { title: digitText(digit) }, canvas, make("span", { "aria-hidden": "true" }, captionText(digit)));
  const showFound = async (answer, current) => {
    const paintDigit = await openSheet(answer);
    if (!current()) return;
    let index = 0;
    for (const [group, digits] of Object.entries(answer.groups)) {
      const tiles = digits.map((digit) => {
        const canvas = paintDigit(digitCanvas(), index++);
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", digitText(digit));
        return tile(digit, canvas);
      });
      find(`ol[data-group="${group}"]`).replaceChildren(...tiles);
    }
    find(".near").textContent = nearText(reading.model.pool);
    find(".source").textContent = sourceText(answer, isShipped());
    find(".summary").textContent = summaryText(answer);
    find(".content").hidden = false;
  };

  /* ---- the search: begun by a button, then asked again for each drawing that this model reads ---- */
  const question = newest(),
    check = newest();
  const endCheck = () => {
    check.cancel();
    find(".working").textContent = "";
    find(".unlearn").disabled = false;
  };
  const accept = async (answer, current) => {
    if (!answer.missing && !answer.error) return showFound(answer, current);
    wanted = answer.error ? null : wanted;
    showNothing(answer.error);
    showStart();
    find(".missing").hidden = !answer.missing;
  };
  const searchWith = async (ask) => {
    const current = question.next();
    endCheck();
    say("");
    showNothing();
    element.setAttribute("aria-busy", "true");
    try {
      const answer = await finished(ask, reading.source, { current, inSight, progress });
      if (answer && current()) await accept(answer, current);
      else if (current()) later();
    } catch (error) {
      if (current()) say(failureText(error));
    }
    if (!current()) return;
    progress();
    element.setAttribute("aria-busy", "false");
  };
  const { ask: search, later } = whenInSight(element, () => {
    if (reading && wanted === model()) searchWith(server.find);
  });
  const stop = () => {
    question.cancel();
    endCheck();
    progress();
    element.setAttribute("aria-busy", "false");
    showNothing();
  };
  find(".start").addEventListener("click", () => {
    wanted = model();
    showStart();
    search();
  });
  find(".fetch").addEventListener("click", () => searchWith(server.fetch));

  /* ---- the check ---- */
  const working = (answer) => {
    find(".working").textContent = stageText(answer);
  };
  find(".unlearn").addEventListener("click", async () => {
    const current = check.next();
    find(".unlearn").disabled = true;
    working({ stage: "unlearn" });
    try {
      const answer = await finished(server.check, reading.source, { current, inSight, progress: working });
      if (!current()) return;
      if (answer?.error) say(answer.error);
      else if (answer?.ways) checked = answer;
      showCheck();
    } catch (error) {
      if (current()) say(failureText(error));
    }
    if (current()) endCheck();
  });
  for (const input of element.querySelectorAll(".checked input")) input.addEventListener("change", showCheck);

  /* ---- following the page ---- */
  on("nothing", () => {
    stop();
    reading = null;
    showNothing(t("Draw a digit first"));
    showStart();
  });
  on("reading", (message) => {
    if (!message.whole) return;
    stop();
    reading = message;
    showStart();
    search();
  });
  showStart();
};
