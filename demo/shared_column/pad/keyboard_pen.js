/* A pen for the keyboard: arrow keys move it, Space puts it down and lifts it, Escape leaves. */
import { t } from "../../web/language.js";
import { isStep, placeText, stepped } from "./keyboard_steps.js";
import { SIDE } from "./strokes.js";

const PRESSURE = 0.5; // as a mouse reports it

/* Let keys on `canvas` move the hand. `cursor` shows where the pen is; `speak` gets the place in words. */
export const followKeys = (canvas, hand, { cursor, speak }) => {
  let point = [SIDE / 2, SIDE / 2],
    down = false; // whether these keys have put the hand down

  const show = () => {
    cursor.hidden = false;
    cursor.classList.toggle("down", down);
    cursor.style.left = `${(100 * point[0]) / SIDE}%`;
    cursor.style.top = `${(100 * point[1]) / SIDE}%`;
    speak(placeText(point, down));
  };
  const touch = ({ timeStamp }) => ({ point, time: timeStamp, pressure: PRESSURE });

  const lift = () => {
    if (!down) return;
    down = false;
    hand.lift();
    cursor.classList.remove("down");
  };

  const move = (event) => {
    point = stepped(point, event.key, event.shiftKey);
    if (down) hand.move([touch(event)]);
  };
  const putOrLift = (event) => {
    if (down) return lift();
    down = true;
    hand.down(touch(event));
  };
  const leave = () => {
    lift();
    if (!cursor.hidden) speak(t("Pen put away"));
    cursor.hidden = true;
  };

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (hand.isDown() && !down)) return;
    if (event.key === "Escape" && !cursor.hidden) leave();
    else if (isStep(event.key)) move(event);
    else if (event.key === " " && !event.repeat) putOrLift(event);
    else return;
    event.preventDefault();
    if (event.key !== "Escape") show();
  });
  canvas.addEventListener("blur", leave);
  canvas.addEventListener("pointerdown", leave);
  return { lift };
};
