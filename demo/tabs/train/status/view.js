import { plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { sentence } from "../../../web/sentences.js";
import { exactPercent } from "../numbers.js";
import { ask, hasEnded, onTraining, publish, reveal, setText } from "../training.js";
import { findingsList } from "./findings.js";

const duration = (seconds) =>
  seconds < 90 ? t("{n} s", { n: Math.round(seconds) }) : t("{n} min", { n: Math.round(seconds / 60) });

/* What the lines of the view say of a training, by their selector. */
const lines = ({ message, seconds_left, paused, learning, pace, step, steps, val }) => ({
  ".message": sentence(message),
  ".left": seconds_left === null || paused ? "" : t("about {duration} left", { duration: duration(seconds_left) }),
  ".pace": learning && pace ? t("{pace} steps a second", { pace: plain(Number(pace.toFixed(1))) }) : "",
  ".counts": steps ? t("step {step} of {steps}", { step, steps }) : "",
  ".outcome": val.length
    ? t("Validation images, after the last epoch: {share} right.", { share: exactPercent(val.at(-1)[2]) })
    : "",
});

export const mount = ({ element, props, server, trigger, watch }) => {
  const find = (selector) => element.querySelector(selector);
  const buttons = Object.fromEntries(
    [...element.querySelectorAll("[data-command]")].map((button) => [button.dataset.command, button]),
  );
  let training = null,
    choosing = 0; // choices that the server has not answered yet: until then a state may be older than they are

  const say = (error) => {
    if (error) setText(find(".message"), error);
  };
  const steer = (question, payload) => ask(question, { job: training.id, ...payload }, say);

  const showFindings = findingsList(find(".findings"), (change, running) =>
    running ? steer(server.change, { settings: change }) : trigger("again", { job: training.id, change }),
  );

  const showChoice = () => {
    if (!choosing) find("[name=unwatched]").checked = training.unwatched;
  };
  const show = (state) => {
    training = state;
    reveal(element, true);
    for (const [selector, text] of Object.entries(lines(training))) setText(find(selector), text);
    find(".bar div").style.transform = `scaleX(${training.progress})`;
    find(".bar").setAttribute("aria-valuenow", Math.round(100 * training.progress));
    find(".running").hidden = hasEnded(training);
    find(".steps").hidden = !training.learning || training.gpu;
    find('[data-do="cpu"]').hidden = !(training.gpu_failed && hasEnded(training));
    buttons.pause.textContent = training.paused ? t("▶ Go on") : t("❚❚ Pause");
    buttons.slow.setAttribute("aria-pressed", String(training.slow));
    find(".alone").hidden = !training.learning;
    showChoice();
    showFindings(training);
  };

  for (const [command, button] of Object.entries(buttons)) {
    button.addEventListener("click", () =>
      steer(server.control, { command: command === "pause" && training.paused ? "play" : command }),
    );
  }

  find("[name=unwatched]").addEventListener("change", async () => {
    choosing++;
    await steer(server.control, { command: "unwatched" });
    choosing--;
    showChoice();
  });
  find('[data-do="cpu"]').addEventListener("click", () => trigger("again", { job: training.id, change: {} }));
  find('[data-do="stop"]').addEventListener("click", () => trigger("stop"));

  /* The value is the state as the page's timer asks for it; it is empty before the first training. */
  const receive = () => {
    if (props.value?.id) publish(props.value);
  };
  reveal(element, false);
  onTraining(show);
  watch("value", receive);
  receive();
};
