import { download } from "../../../web/save.js";
import { ask, onTraining, publish, setText } from "../training.js";
import { findingsList } from "./findings.js";

const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
const percent = (share) => `${(100 * share).toFixed(2)} %`;

/* What the lines of the view say of a training, by their selector. */
const lines = ({ message, seconds_left, paused, learning, pace, step, steps, val, test_accuracy }) => ({
  ".message": message,
  ".left": seconds_left === null || paused ? "" : `about ${duration(seconds_left)} left`,
  ".pace": learning && pace ? `${Number(pace.toFixed(1))} steps a second` : "",
  ".counts": steps ? `step ${step} of ${steps}` : "",
  ".outcome": [
    val.length ? `Held-out images: ${percent(val.at(-1)[2])} right.` : "",
    test_accuracy === null ? "" : `Test images: ${percent(test_accuracy)} right.`,
  ].join(" "),
});

export const mount = ({ element, props, server, trigger, watch }) => {
  const find = (selector) => element.querySelector(selector);
  const buttons = Object.fromEntries(
    [...element.querySelectorAll("[data-command]")].map((button) => [button.dataset.command, button]),
  );
  let training = null;

  const say = (error) => {
    if (error) setText(find(".message"), error);
  };
  const steer = (question, payload) => ask(question, { job: training.id, ...payload }, say);

  const showFindings = findingsList(find(".findings"), (change, running) =>
    running ? steer(server.change, { settings: change }) : trigger("again", { job: training.id, change }),
  );

  const show = (state) => {
    training = state;
    for (const [selector, text] of Object.entries(lines(training))) setText(find(selector), text);
    find(".bar div").style.transform = `scaleX(${training.progress})`;
    find(".bar").setAttribute("aria-valuenow", Math.round(100 * training.progress));
    find(".file").hidden = !training.can_use;
    find(".pacing").hidden = !training.learning;
    buttons.pause.textContent = training.paused ? "▶ Go on" : "❚❚ Pause";
    buttons.slow.setAttribute("aria-pressed", String(training.slow));
    showFindings(training);
  };

  for (const [command, button] of Object.entries(buttons)) {
    button.addEventListener("click", () =>
      steer(server.control, { command: command === "pause" && training.paused ? "play" : command }),
    );
  }

  find(".file").addEventListener("click", async () => {
    const file = await ask(server.checkpoint, { job: training.id }, say);
    if (file) download(file.name, file.type, file.data);
  });

  /* The value is the state as the page's timer asks for it; it is empty before the first training. */
  const receive = () => {
    if (props.value?.id) publish(props.value);
  };
  onTraining(show);
  watch("value", receive);
  receive();
};
