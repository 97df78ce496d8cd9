/* Race: three kinds of networks learn from the same batches, read the drawing meanwhile, and are asked why. */
import { on } from "../../web/bus.js";
import { whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { saves } from "../../web/save.js";
import { sentence } from "../../web/sentences.js";
import { call, failureText, newest } from "../../web/server.js";
import { readStored, writeStored } from "../../web/storage.js";
import { cards } from "./cards.js";
import { showChanges } from "./changes_table.js";
import { chart } from "./chart.js";
import { raceFigure, raceTable } from "./files.js";
import { endText } from "./words.js";

const KEY = "inkling-race",
  POLL = 700, // milliseconds between two looks at a race
  NARROWEST = 260; // pixels of the chart
const ENDED = ["done", "stopped", "failed"];

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const shown = cards(find(".cards"));
  let job = readStored("sessionStorage", KEY), // the id of the visitor's race
    race = null, // its last state
    why = null, // the maps of the drawing that lies on the sheet, and its image
    reading = null; // the page's last whole reading

  const say = (text) => {
    find(".message").textContent = text;
  };
  const remember = (id) => {
    job = id;
    writeStored("sessionStorage", KEY, id);
  };
  const ended = () => ENDED.includes(race?.state);
  const finished = () => ended() && race.networks.some(({ results }) => results.clean !== undefined);

  /* ---- what is shown ---- */
  const axis = () => find("input:checked").value;
  const showChart = () => {
    const learned = race?.networks.filter(({ points }) => points.length) ?? [];
    const wide = Math.max(NARROWEST, Math.min(find(".chart").clientWidth, 720));
    find(".chart").replaceChildren(...(learned.length ? [chart(wide, learned, axis())] : []));
  };
  const setSummary = (text) => {
    if (find(".summary").textContent !== text) find(".summary").textContent = text; // it is read aloud when written
  };
  const showButtons = () => {
    const running = Boolean(job) && !ended();
    find(".start").disabled = running;
    find(".stop").hidden = !running;
    find(".bar").hidden = !running;
  };
  const show = () => {
    showButtons();
    find(".bar div").style.transform = `scaleX(${race.progress})`;
    find(".bar").setAttribute("aria-valuenow", Math.round(100 * race.progress));
    find(".content").hidden = !race.networks.length;
    shown.show(race.networks);
    showChart();
    find(".ended").hidden = find(".asked").hidden = !finished();
    if (finished()) showChanges(find(".changes"), race.networks);
    setSummary(finished() ? endText(race.networks) : sentence(race.message));
  };

  /* ---- why: asked when the race is over, once for each drawing ---- */
  const question = newest();
  const { ask: askWhy } = whenInSight(element, async () => {
    if (!finished() || !reading) return;
    const current = question.next(),
      image = reading.image;
    say(t("The three are asked why…"));
    try {
      const answer = await call(server.why, { job, drawing: reading.source });
      if (!current()) return;
      say(answer.error ?? "");
      if (answer.error) return;
      why = { maps: answer.maps, image };
      shown.explain(why.maps, image);
    } catch (error) {
      if (current()) say(failureText(error));
    }
  });

  /* ---- following the race ---- */
  const lose = (text) => {
    remember(null);
    race = null;
    showButtons();
    find(".content").hidden = true;
    setSummary("");
    say(text);
  };
  const turn = newest(); // one row of looks at a time
  const look = async (current) => {
    try {
      const answer = await call(server.follow, { job, drawing: reading?.source ?? null });
      if (!current()) return;
      if (answer.error) return lose(answer.error);
      race = answer;
      show();
      if (ended()) return askWhy();
    } catch (error) {
      if (current()) say(failureText(error));
    }
    setTimeout(() => current() && look(current), POLL);
  };
  const follow = () => job && look(turn.next());
  const { ask: readAgain } = whenInSight(element, follow);

  find(".start").addEventListener("click", async () => {
    say("");
    find(".start").disabled = true;
    try {
      const answer = await call(server.start, {});
      if (answer.error) return lose(answer.error);
      race = why = null;
      shown.clear();
      find(".content").hidden = true;
      setSummary("");
      remember(answer.job);
      showButtons();
      follow();
    } catch (error) {
      lose(failureText(error));
    }
  });
  find(".stop").addEventListener("click", () => call(server.stop, { job }).catch((error) => say(failureText(error))));
  for (const input of element.querySelectorAll("input")) input.addEventListener("change", showChart);
  new ResizeObserver(showChart).observe(find(".chart"));
  saves(element, {
    ready: finished,
    first: t("Let a race end first."),
    name: () => "race",
    picture: () => raceFigure(race.networks, why, axis()),
    data: () => raceTable(race.networks, why),
  });

  on("nothing", () => {
    reading = why = null;
    question.cancel();
  });
  on("reading", (message) => {
    if (!message.whole) return;
    reading = message;
    why = null;
    shown.outdate();
    if (ended()) readAgain();
  });
  showButtons();
  follow();
};
