/* The card "Least data": the visitor's trainings, as the Train view shows them. */

import { on } from "../../web/bus.js";
import { isBetter, leastDataScore, leastDataText } from "../../web/least_data.js";
import { open } from "../../web/route.js";
import { dataCode } from "./dare.js";
import { result } from "./share.js";
import { keep, load } from "./storage.js";

export const dataCard = (card, { say }) => {
  const show = result(card, say);
  let best = load().data ?? null;
  const refresh = () => best && show(leastDataText(best), leastDataText(best), dataCode(best));
  card.querySelector(".train").addEventListener("click", () => open("train"));
  on("training", (training) => {
    const score = training && leastDataScore(training);
    if (!score || (best && !isBetter(score, best))) return;
    best = score;
    keep("data", best);
    refresh();
  });
  refresh();
};
