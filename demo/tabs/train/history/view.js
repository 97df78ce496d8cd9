import { on } from "../../../web/bus.js";
import { t } from "../../../web/language.js";
import { pageLink } from "../../../web/page_link.js";
import { copy, download, saves } from "../../../web/save.js";
import { onComparisonWish } from "../compared.js";
import { ask, hasEnded, onTraining, reveal } from "../training.js";
import { figures, runCard } from "./card.js";
import { drawChart } from "./chart.js";
import { readingColumn } from "./comparison.js";
import { addRun, loadRuns, storeRuns } from "./runs.js";
import { historyFigure, historyTable } from "./sheet.js";

const LEADS = t("It leads to this training from any browser. Everybody who has it can also stop the training.");
const REFRESH_MS = 2000; // between two questions for the list while a training runs

export const mount = ({ element, server, trigger }) => {
  const find = (selector) => element.querySelector(selector);
  const say = (text) => {
    find(".message").textContent = text;
  };
  let runs = loadRuns(), // stored in the browser
    trainings = new Map(), // their state by id, null for one that has expired
    compared = [], // ids, two at most
    reading = null, // of the page
    inSight = false;

  /* ---- the list ---- */
  let shown = "";
  /* The cards are built again only if one has changed, and never while the visitor writes a name. */
  const show = () => {
    const listed = runs.filter(({ id }) => trainings.get(id));
    reveal(element, listed.length > 0);
    drawChart(
      find(".chart svg"),
      listed.map(({ id, colour }) => ({ training: trainings.get(id), colour })),
    );
    const now = JSON.stringify(
      listed.map(({ id, colour }) => {
        const training = trainings.get(id);
        return [id, colour, figures(training), training.can_use, compared.includes(id)];
      }),
    );
    if (now === shown || element.querySelector(".name:focus")) return;
    shown = now;
    find(".runs").replaceChildren(
      ...listed.map((run) => runCard(run, trainings.get(run.id), compared.includes(run.id), actions)),
    );
  };

  const actions = {
    rename: () => {
      storeRuns(runs);
      showComparison();
    },
    use: ({ id }) => trigger("use", { model: id }),
    compare: ({ id }, wanted) => {
      compared = compared.filter((other) => other !== id);
      if (wanted) compared = [...compared, id].slice(-2);
      show();
      showComparison();
    },
    save: async ({ id, name }) => {
      const file = await ask(server.checkpoint, { job: id }, say);
      if (file) download(`${name.replace(/[^\w-]+/g, "-")}.safetensors`, file.type, file.data);
    },
    link: async ({ id }) => {
      const copied = await copy(t("Link"), pageLink({ view: "train", training: id }), "inkling-training", "txt");
      say(`${copied} ${LEADS}`);
    },
    forget: async ({ id }) => {
      if (!(await ask(server.forget, { job: id }, say))) return;
      runs = runs.filter((run) => run.id !== id);
      compared = compared.filter((other) => other !== id);
      trainings.delete(id);
      storeRuns(runs);
      show();
      showComparison();
    },
  };

  /* ---- its refresh: one request at a time; after a call in the meantime there is one more, so no end is missed
     ---- */
  let asking = false,
    again = false;
  const refresh = async () => {
    if (asking) {
      again = true;
      return;
    }
    if (!runs.length) return show();
    asking = true;
    const ids = runs.map(({ id }) => id),
      answer = await ask(server.list, { jobs: ids }, say);
    asking = false;
    if (answer) receive(ids, answer.runs);
    if (again) {
      again = false;
      refresh();
    }
  };

  const receive = (ids, answers) => {
    if (linked && ids.includes(linked)) followLinked(answers[ids.indexOf(linked)]);
    trainings = new Map(answers.map((training, index) => [ids[index], training]));
    runs = runs.filter(({ id }) => trainings.get(id) !== null);
    compared = compared.filter((id) => trainings.get(id)?.can_use);
    storeRuns(runs);
    show();
  };

  /* ---- a training that a link names: it may run for somebody else, or in another browser of this visitor ---- */
  let linked = null;
  const followLinked = (training) => {
    if (training) trigger("follow", { job: linked });
    else say(t("The training of this link is no longer stored."));
    linked = null;
  };
  on("linked_training", (id) => {
    linked = id;
    runs = addRun(runs, id);
    storeRuns(runs);
    refresh();
  });

  /* ---- two models side by side ---- */
  let version = 0;
  const showComparison = async () => {
    const ready = compared.length === 2 && reading;
    find(".side").hidden = !ready;
    if (!ready || !inSight) return;
    const asked = ++version,
      ids = [...compared],
      { source, image } = reading,
      answer = await ask(server.compare, { ...source, models: ids }, say);
    if (!answer || asked !== version) return;
    const names = ids.map((id) => runs.find((run) => run.id === id)?.name ?? "");
    find(".pair").replaceChildren(...answer.readings.map((each, index) => readingColumn(each, names[index], image)));
  };

  /* ---- what the page sends ---- */
  on("reading", (latest) => {
    if (!latest.whole) return;
    reading = latest;
    showComparison();
  });

  /* Compare a training with the newest other one, and show the two. */
  onComparisonWish((id) => {
    const other = runs.find((run) => run.id !== id && trainings.get(run.id)?.can_use);
    if (!other) return say(t("There is no other model yet: train again, with one setting changed."));
    compared = [other.id, id];
    show();
    showComparison();
    element.scrollIntoView({ block: "start" });
  });

  let last = "";
  onTraining((training) => {
    if (trainings.get(training.id)) {
      trainings.set(training.id, { ...trainings.get(training.id), ...training });
      show();
    }
    const now = `${training.id} ${training.state} ${training.val.length}`;
    if (now === last) return;
    last = now;
    runs = addRun(runs, training.id);
    storeRuns(runs);
    refresh();
  });

  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    if (!inSight) return;
    refresh();
    showComparison();
  }).observe(element);

  const shownRuns = () =>
    runs.filter(({ id }) => trainings.get(id)).map((run) => ({ ...run, training: trainings.get(run.id) }));
  saves(element, {
    ready: () => shownRuns().length,
    first: t("Start a training first."),
    name: () => "trainings",
    picture: () => historyFigure(find(".chart svg"), shownRuns()),
    data: () => historyTable(shownRuns()),
  });

  setInterval(() => {
    const open = runs.some(({ id }) => !trainings.get(id) || !hasEnded(trainings.get(id)));
    if (open && !document.hidden) refresh();
  }, REFRESH_MS);

  show();
};
