import { unpack } from "../../../web/arrays.js";
import { on } from "../../../web/bus.js";
import { leastDataScore, leastDataText } from "../../../web/least_data.js";
import { colourAttention } from "../../../web/patch_map.js";
import { download } from "../../../web/save.js";
import { sentence } from "../../../web/sentences.js";
import { newest } from "../../../web/server.js";
import { wishComparison } from "../compared.js";
import { loadRuns } from "../history/runs.js";
import { ask, hasEnded, onTraining, reveal, setText } from "../training.js";
import { accuracyWords, drawingWords, testWords } from "./words.js";

const FEW_IMAGES = 20_000; // at most, of a training that counts as a try of the challenge

/* Write a text, or hide its line if there is none. */
const showLine = (node, text) => {
  node.hidden = !text;
  setText(node, text);
};

const challengeText = (training) => {
  const score = leastDataScore(training);
  return score && score.images <= FEW_IMAGES ? leastDataText(score) : "";
};

export const mount = ({ element, server, trigger }) => {
  const find = (selector) => element.querySelector(selector);
  const say = (text) => setText(find(".message"), text);
  const { next } = newest();
  let training = null,
    reading = null, // of the page
    read = null, // the training and the reading whose answer is shown
    inSight = false;

  const isDone = () => training !== null && hasEnded(training) && training.can_use;
  const show = () => {
    reveal(element, isDone());
    if (!isDone()) return;
    setText(find(".accuracy"), accuracyWords(training));
    setText(find(".test"), testWords(training));
    showLine(find(".challenge"), challengeText(training));
    showLine(find(".look-for"), sentence(training.look_for));
    find('[data-do="compare"]').hidden = loadRuns().length < 2;
  };

  /* The drawing as the new model reads it, asked once for each drawing. */
  const readDrawing = async () => {
    if (!isDone() || !inSight || !reading) return;
    if (read?.id === training.id && read.of === reading) return;
    const isNewest = next(),
      mine = { id: training.id, of: reading };
    read = mine;
    const answer = await ask(server.compare, { ...reading.source, models: [training.id] }, say);
    if (!isNewest()) return;
    if (!answer) {
      read = null;
      return;
    }
    const [own] = answer.readings;
    find(".drawing").hidden = false;
    setText(find(".reads"), drawingWords(own));
    colourAttention(find(".map"), mine.of.image, unpack(own.attention));
  };

  const actions = {
    use: () => trigger("use", { model: training.id }),
    compare: () => wishComparison(training.id),
    download: async () => {
      const file = await ask(server.checkpoint, { job: training.id }, say);
      if (file) download(file.name, file.type, file.data);
    },
  };
  for (const [name, action] of Object.entries(actions)) {
    find(`[data-do="${name}"]`).addEventListener("click", action);
  }

  onTraining((latest) => {
    if (latest.id !== training?.id) find(".drawing").hidden = true;
    training = latest;
    show();
    readDrawing();
  });
  on("reading", (latest) => {
    if (!latest.whole) return;
    reading = latest;
    readDrawing();
  });
  on("nothing", () => {
    reading = null;
    find(".drawing").hidden = true;
  });

  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    if (inSight) readDrawing();
  }).observe(element);

  show();
};
