/* A play button and its slider. */

/* A play button, `.play`, and the slider that it moves, `.way input`. `begin` readies a run and returns what shows it
   after so many milliseconds, and says whether it goes on. `slide` follows the slider to a value, `move` goes so many
   steps, and `rest` is called wherever it comes to rest. `keys` move by more steps than one. */
export const player = (element, { ready, begin, slide, move, rest, keys = {} }) => {
  const button = element.querySelector(".play"),
    slider = element.querySelector(".way input");
  const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity, ...keys };
  let run = 0,
    playing = false;
  const show = (now) => {
    playing = now;
    button.textContent = now ? "❚❚ Pause" : "▶ Play";
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
