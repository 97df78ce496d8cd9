import { on } from "../../web/bus.js";
import { openSheet } from "../../web/digit_sheet.js";
import { isInSight, whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { saves } from "../../web/save.js";
import { call, failureText, newest } from "../../web/server.js";
import { calibrationPlot } from "./calibration_plot.js";
import { changedDrawing } from "./changed_drawing.js";
import { confusionMatrix } from "./confusion_matrix.js";
import { resultSheet, resultTable } from "./files.js";
import { gallery } from "./gallery.js";
import { measurements } from "./measurements.js";
import { modelName } from "./model_names.js";
import { results } from "./results.js";
import { robustness } from "./robustness.js";

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  const [tests, curves, cells, own] = [new Map(), new Map(), new Map(), new Map()]; // by the model's token
  const isShipped = (model) => props.models.some(({ token }) => token === model);
  const nameOf = (model) => modelName(model, props.models, own);
  const { progress, say, setVisible, showMissing, showAccuracy } = results(element, find);

  let reading = null, // the page's last whole reading
    shownModel = null,
    shownCell = null; // [written, read], null for the worst mistakes
  const model = () => reading.source.model;

  /* ---- the digits behind a cell of the matrix, or the worst mistakes ---- */
  const showGallery = gallery(find);
  const openCell = async (written, read) => {
    const asked = model(),
      key = `${asked} ${written} ${read}`;
    selectCell([written, read]);
    try {
      if (!cells.has(key)) {
        const answer = await call(server.cell, { model: asked, written, read });
        if (answer.error) {
          tests.delete(asked);
          return say(answer.error);
        }
        cells.set(key, answer);
      }
      if (String(shownCell) === String([written, read]) && asked === model())
        await showGallery(cells.get(key), shownCell);
    } catch (error) {
      say(failureText(error));
    }
  };
  const matrix = confusionMatrix(find(".matrix"), openCell);
  const selectCell = (cell) => {
    shownCell = cell;
    matrix.mark(cell);
  };
  const showWorst = () => {
    selectCell(null);
    showGallery(tests.get(model()).worst, null);
  };
  find(".back").addEventListener("click", showWorst);

  /* ---- the test, then the curves of this model and of the one beside it ---- */
  const showCalibration = calibrationPlot(find);
  const charts = robustness(find, nameOf, () => {
    showCurves();
    follow();
  });
  const showCurves = () => charts.show(model(), curves.get(model()), curves.get(charts.beside()));

  const showTest = (answer) => {
    setVisible(true);
    if (shownModel === model()) return;
    shownModel = model();
    showAccuracy(answer, nameOf(shownModel), t("Measured on this server."));
    matrix.show(answer.confusion);
    showCalibration(answer);
    showWorst();
  };

  const ask = measurements(() => isInSight(element), {
    answer: (answer, question) => {
      showMissing(answer);
      if (!answer.from_checkpoint || question !== server.test || answer.confusion) return;
      const source = answer.missing ? t("From the checkpoint.") : t("From the checkpoint; being measured again.");
      showAccuracy(answer.from_checkpoint, nameOf(model()), source);
    },
    progress,
    error: (sentence) => {
      say(sentence);
      progress();
    },
    left: () => later(),
  });

  const measure = async (asked, current) => {
    const answer = await ask(server.test, asked, tests, t("Reading test digits"), current);
    if (!answer) return;
    showTest(answer);
    charts.offer([...props.models.map(({ token }) => token), ...own.keys()].filter((other) => other !== asked));
    showCurves();
    for (const one of [asked, charts.beside()].filter(Boolean)) {
      const words = t("Reading changed digits with {model}", { model: nameOf(one) }),
        answer = await ask(server.curves, one, curves, words, current);
      if (!answer) return;
      charts.useExamples(await openSheet(answer));
      if (current()) showCurves();
    }
    progress();
  };

  const testQuestion = newest();
  const { ask: follow, later } = whenInSight(element, async () => {
    if (!reading) return;
    const current = testQuestion.next();
    element.setAttribute("aria-busy", "true");
    say("");
    if (shownModel !== model()) setVisible(false);
    try {
      await measure(model(), current);
    } catch (error) {
      if (current()) {
        say(failureText(error));
        progress();
      }
    }
    if (current()) element.setAttribute("aria-busy", "false");
  });

  find(".fetch").addEventListener("click", async () => {
    const { error } = await call(server.fetch, { model: model() }).catch((error) => ({ error: failureText(error) }));
    if (error) return say(error);
    follow();
  });

  /* ---- the drawing: one request for each; an answer to an older one is dropped ---- */
  const drawing = changedDrawing(find);
  const drawingQuestion = newest();
  const { ask: askDrawing } = whenInSight(element, async () => {
    if (!reading) return;
    const current = drawingQuestion.next(),
      asked = reading;
    find(".drawing").setAttribute("aria-busy", "true");
    try {
      const answer = await call(server.changed_drawing, asked.source);
      if (current() && answer.error) say(answer.error);
      else if (current()) await drawing.show(answer, asked, current);
    } catch (error) {
      if (current()) say(failureText(error));
    }
    if (current()) find(".drawing").setAttribute("aria-busy", "false");
  });

  saves(element, {
    ready: () => drawing.isShown() || tests.has(shownModel),
    first: t("There is nothing to download yet."),
    name: () => `test-${isShipped(model()) ? model() : "your-model"}`,
    picture: () => resultSheet(find, drawing.isShown(), reading.model),
    data: () =>
      resultTable({ test: tests.get(shownModel), curves: curves.get(shownModel), changes: drawing.changes() }),
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    drawingQuestion.cancel();
    drawing.hide();
  });

  on("reading", (message) => {
    if (!message.whole) return;
    const other = reading?.source.model !== message.source.model;
    reading = message;
    if (!isShipped(model())) own.set(model(), message.model);
    askDrawing();
    if (other) follow();
  });
};
