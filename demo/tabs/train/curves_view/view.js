import { saves } from "../../../web/save.js";
import { ask, onTraining } from "../training.js";
import { CHART_NAMES, drawChart } from "./chart.js";
import { settingSliders } from "./settings.js";
import { drawSheet } from "./sheet.js";

const EMPTY = { train: [], val: [], steps: 0, epochs: 0, marks: [] };

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

  draw(EMPTY);
  onTraining((state) => {
    training = state;
    draw(training);
    const changes = training.marks.map(({ step, text }) => `step ${step}: ${text}`);
    find(".changes").textContent = changes.length ? `┆ ${changes.join("; ")}` : "";
    showSettings(training);
  });

  saves(element, {
    ready: () => training,
    first: "Start a training first.",
    name: () => `training-step-${training.step}`,
    picture: () => drawSheet([...element.querySelectorAll("figure")], training),
  });
};
