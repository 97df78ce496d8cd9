import { t } from "../../../web/language.js";
import { saves } from "../../../web/save.js";
import { ask, onTraining, reveal } from "../training.js";
import { CHART_NAMES, drawChart } from "./chart.js";
import { settingSliders } from "./settings.js";
import { curvesTable, drawSheet } from "./sheet.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  let training = null;

  const say = (text) => {
    find(".message").textContent = text;
  };
  const showSettings = settingSliders(element, (settings) => ask(server.change, { job: training.id, settings }, say));

  const draw = (state) => {
    for (const name of CHART_NAMES) drawChart(find(`.${name}`), name, state);
  };

  reveal(element, false);
  onTraining((state) => {
    training = state;
    reveal(element, training.train.length > 0);
    draw(training);
    const changes = training.marks.map(({ step, text }) => t("step {step}: {change}", { step, change: text }));
    find(".changes").textContent = changes.length ? `┆ ${changes.join("; ")}` : "";
    showSettings(training);
  });

  saves(element, {
    ready: () => training,
    first: t("Start a training first."),
    name: () => `training-step-${training.step}`,
    picture: () => drawSheet([...element.querySelectorAll("figure")], training),
    data: () => curvesTable(training),
  });
};
