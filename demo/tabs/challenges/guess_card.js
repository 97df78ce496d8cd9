/* The card "Which patches matter?": marks on the drawing, then the exact values. */
import { on } from "../../web/bus.js";
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { buildMap, colourCells } from "../../web/patch_map.js";
import { call, failureText, newest } from "../../web/server.js";
import { guessCode } from "./dare.js";
import { bestPatches, guessText, MARKS, points, resultText } from "./guess.js";
import { result } from "./share.js";
import { keep, load } from "./storage.js";

/* Why the server has no values, in one sentence; "" where it has them. */
const refusal = ({ error, inked, most }) => {
  if (error) return error;
  if (inked === undefined) return "";
  return t(
    "This drawing has ink in {inked} patches; exact values need {most} or fewer. Choose the model with 16 patches " +
      "below the pad.",
    { inked, most },
  );
};

export const guessCard = (card, { say, values: question }) => {
  const find = (selector) => card.querySelector(selector),
    show = result(card, say),
    { next, cancel } = newest();
  let reading = null,
    cells = [],
    marked = [],
    checked = false,
    best = load().guess ?? null;

  const refresh = () => {
    for (const [patch, cell] of cells.entries()) {
      const on = marked.includes(patch);
      cell.setAttribute("aria-pressed", on);
      if (checked) continue;
      cell.setAttribute("fill", on ? "#ff8c1a" : "transparent");
      cell.setAttribute("fill-opacity", on ? 0.6 : 1);
    }
    find(".check").disabled = checked || marked.length !== MARKS;
    find(".again").hidden = !checked;
  };

  const toggle = (patch) => {
    if (checked) return;
    if (marked.includes(patch)) marked = marked.filter((one) => one !== patch);
    else if (marked.length < MARKS) marked = [...marked, patch];
    else say(t("Three are marked. Click one of them to take its mark away."));
    refresh();
  };

  const begin = () => {
    cancel();
    [marked, checked] = [[], false];
    const label = t("Patches to mark");
    cells = buildMap(find(".map"), reading.model, reading.image, { role: "group", "aria-label": label });
    for (const [patch, cell] of cells.entries()) {
      cell.setAttribute("role", "button");
      cell.setAttribute("tabindex", patch ? -1 : 0);
      const values = { number: patch + 1, place: place(patch + 1, reading.model.grid_size) };
      cell.setAttribute("aria-label", t("Patch {number}, {place}", values));
    }
    refresh();
  };

  const reveal = (values) => {
    colourCells(cells, values);
    for (const patch of bestPatches(values)) {
      cells[patch].setAttribute("stroke", "#fff");
      cells[patch].setAttribute("stroke-width", 0.6);
    }
    const score = points(values, marked);
    if (score !== null && score > (best ?? -1)) {
      best = score;
      keep("guess", best);
    }
    if (best === null) show(guessText(score), "");
    else show(guessText(score), resultText(best), guessCode(best));
  };

  const check = async () => {
    const isNewest = next();
    checked = true;
    refresh();
    say(t("Reading the drawing without each set of patches…"));
    const answer = await call(question, reading.source).catch((error) => ({ error: failureText(error) }));
    if (!isNewest()) return;
    const refused = refusal(answer);
    say(refused);
    checked = !refused;
    refresh();
    if (!refused) reveal(answer.values);
  };

  find(".map").addEventListener("click", ({ target }) => {
    if (target.dataset.patch) toggle(Number(target.dataset.patch));
  });
  rove(find(".map"), "rect", () => reading?.model.grid_size);
  find(".check").addEventListener("click", check);
  find(".again").addEventListener("click", begin);
  on("reading", (latest) => {
    if (!latest.whole) return;
    reading = latest;
    begin();
  });
  if (best !== null) show(t("Your best: {score} of 100 points.", { score: best }), resultText(best), guessCode(best));
};
