/* The time machine: a slider over the snapshots of a training. They are loaded all at once; then nothing is asked. */
import { make } from "../../../web/dom.js";
import { wantsNoMotion } from "../../../web/in_sight.js";
import { plural } from "../../../web/language.js";
import { argmax } from "../../../web/numbers.js";
import { player } from "../../../web/player.js";
import { turningPoint } from "./words.js";

const SNAPSHOT_MS = 180; // for which a snapshot stays while it plays

const ticks = (snapshots, digit) => {
  const turn = turningPoint(snapshots, digit),
    last = snapshots.length - 1;
  return snapshots.map(({ probs }, index) => {
    const right = argmax(probs) === digit;
    const tick = make("i", { class: `${right ? "right" : ""} ${index === turn ? "turn" : ""}` });
    tick.style.left = `${(100 * index) / Math.max(last, 1)}%`;
    return tick;
  });
};

/* Build the time machine of a view; `show(snapshots, index, digit)` shows one of them. */
export const timeMachine = (element, show) => {
  const machine = element.querySelector(".machine");
  let snapshots = null,
    digit = 0;

  const last = () => snapshots.length - 1;
  const within = (index) => Math.min(Math.max(index, 0), last());
  const position = () => Number(slider.value);

  const goTo = (index) => {
    const { step } = snapshots[index];
    slider.value = index;
    slider.setAttribute("aria-valuetext", plural(step, "after {n} step", "after {n} steps", { n: step }));
    show(snapshots, index, digit);
  };

  const { slider, stop } = player(element, {
    ready: () => snapshots !== null,
    begin: () => {
      const start = position() >= last() ? 0 : position();
      goTo(start);
      return (passed) => {
        const index = within(start + Math.floor(passed / (wantsNoMotion() ? 3 * SNAPSHOT_MS : SNAPSHOT_MS)));
        if (index !== position()) goTo(index);
        return index < last();
      };
    },
    slide: goTo,
    move: (steps) => goTo(within(position() + steps)),
    rest: () => {},
  });

  return {
    open: () => {
      machine.hidden = false;
    },
    load: (loaded, asked) => {
      [snapshots, digit] = [loaded, asked];
      slider.max = last();
      element.querySelector(".moments").replaceChildren(...ticks(snapshots, digit));
      goTo(last());
    },
    showAgain: () => {
      if (snapshots) goTo(position());
    },
    clear: () => {
      snapshots = null;
    },
    close: () => {
      stop();
      machine.hidden = true;
    },
  };
};
