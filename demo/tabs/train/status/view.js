import { emit } from "../../../web/bus.js";
import { make } from "../../../web/dom.js";
import { download } from "../../../web/save.js";
import { call } from "../../../web/server.js";

export const mount = ({ element, props, server, trigger, watch }) => {
  const find = (selector) => element.querySelector(selector);
  const ENDED = ["done", "stopped", "failed"];
  let shown = null; // the training as it was last told

  const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
  const share = (value) => `${(100 * value).toFixed(2)} %`;

  /* Status lines are read aloud whenever they are written, so they are written only when they change. */
  const tell = (selector, text) => {
    if (find(selector).textContent !== text) find(selector).textContent = text;
  };

  const show = (view) => {
    shown = view;
    if (!view) return;
    const running = view.state === "running";
    tell(".message", view.message);
    find(".bar div").style.transform = `scaleX(${view.progress})`;
    find(".bar").setAttribute("aria-valuenow", Math.round(100 * view.progress));
    find(".left").textContent =
      view.seconds_left === null || view.paused ? "" : `about ${duration(view.seconds_left)} left`;
    find(".pace").textContent = view.learning && view.pace ? `${Number(view.pace.toFixed(1))} steps a second` : "";
    find(".counts").textContent = view.steps ? `step ${view.step} of ${view.steps}` : "";
    const val = view.val.at(-1);
    tell(
      ".outcome",
      [
        val ? `Held-out images: ${share(val[2])} right.` : "",
        view.test_accuracy === null ? "" : `Test images: ${share(view.test_accuracy)} right.`,
      ].join(" "),
    );
    find(".file").hidden = !view.can_use;
    showTempo(view);
    showFindings(view, running);
    emit("training", view);
  };

  /* ---- holding it, and letting it go on ---- */
  const buttons = Object.fromEntries(
    [...element.querySelectorAll("[data-command]")].map((button) => [button.dataset.command, button]),
  );

  const showTempo = ({ learning, paused, slow }) => {
    find(".tempo").hidden = !learning;
    buttons.pause.textContent = paused ? "▶ Go on" : "❚❚ Pause";
    buttons.slow.setAttribute("aria-pressed", String(slow));
  };

  const steer = async (ask, payload) => {
    try {
      const answer = await call(ask, { job: shown.id, ...payload });
      if (answer.error) find(".message").textContent = answer.error;
      else if (answer.training) show(answer.training);
    } catch {
      find(".message").textContent = "The server does not answer. Try again in a moment.";
    }
  };

  for (const [command, button] of Object.entries(buttons)) {
    button.addEventListener("click", () =>
      steer(server.control, { command: command === "pause" && shown.paused ? "play" : command }),
    );
  }

  /* ---- what is wrong, in words; what to try is one press away ---- */
  let noticed = "";
  const showFindings = ({ findings, state }, running) => {
    const now = JSON.stringify([findings, state]);
    if (now === noticed) return;
    noticed = now;
    find(".findings").replaceChildren(
      ...findings.map(({ level, claim, advice, change }) => {
        const item = make("li", { class: level }, make("p", {}, claim), make("p", { class: "advice" }, advice));
        if (change && (running || ENDED.includes(state))) {
          const said = Object.entries(change)
            .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
            .join(", ");
          const button = make("button", { type: "button" }, running ? `Do it: ${said}` : `Start again with ${said}`);
          button.addEventListener("click", () =>
            running ? steer(server.change, { settings: change }) : trigger("again", { job: shown.id, change }),
          );
          item.append(button);
        }
        return item;
      }),
    );
  };

  find(".file").addEventListener("click", async () => {
    try {
      const file = await call(server.checkpoint, { job: shown.id });
      if (file.error) find(".message").textContent = file.error;
      else download(file.name, file.type, file.data);
    } catch {
      find(".message").textContent = "The server does not answer. Try again in a moment.";
    }
  });

  /* Before the first training the value is empty. */
  const obey = () => show(props.value?.id ? props.value : null);
  watch("value", obey);
  obey();
};
