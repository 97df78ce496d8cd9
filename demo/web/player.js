/* A play button and its slider. */
import { t } from "./language.js";

/* A play button, `.play`, and the slider that it moves, `.way input`. `begin()` starts a run and returns a function
   that shows the run after some milliseconds, and returns whether it goes on. `slide(value)` follows the slider,
   `move(by)` goes some steps, and `rest()` is called when the slider comes to rest. `keys` has keys that move by more
   than one step. */
export const player = (element, { ready, begin, slide, move, rest, keys = {} }) => {
  const button = element.querySelector(".play"),
    slider = element.querySelector(".way input");
  const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity, ...keys };
  let run = 0,
    playing = false;
  const show = (now) => {
    playing = now;
    button.textContent = now ? t("❚❚ Pause") : t("▶ Play");
  };
  const stop = () => {
    run++;
    show(false);
  };
  const end = () => {
    stop();
    rest();
  };
  const play = () => {
    const mine = ++run,
      began = performance.now(),
      goesOn = begin();
    const frame = () => {
      if (mine !== run || !ready()) return;
      if (goesOn(performance.now() - began)) requestAnimationFrame(frame);
      else end();
    };
    show(true);
    requestAnimationFrame(frame);
  };
  button.addEventListener("click", () => {
    if (ready()) (playing ? end : play)();
  });
  slider.addEventListener("input", () => {
    if (ready()) {
      stop();
      slide(Number(slider.value));
    }
  });
  slider.addEventListener("change", () => {
    if (ready()) rest();
  });
  slider.addEventListener("keydown", (event) => {
    if (!moves[event.key] || !ready()) return;
    event.preventDefault();
    stop();
    move(moves[event.key]);
  });
  return { slider, stop };
};
