/* What the components' controls have in common: they join what shared.js offers. */
import { make, svg, stride, saveSvg, choose, chosen } from "./core.js";

/* Put the buttons into a component's `.saves` by which what it shows is downloaded. Until `ready()`, they say in its
   `.message` what comes `first`. `picture` draws the <svg> and `name` names its file; a `save` of the component's own,
   given the format, returns what there is to say of it. */
const saves = (element, { ready, first = "Draw a digit first.", name, picture, save }) => {
  const say = (text) => { element.querySelector(".message").textContent = text; };
  const take = async (format) => {
    if (!ready()) return say(first);
    try { say((await (save ? save(format) : saveSvg(picture(), name(), format))) ?? ""); } catch { say("The picture could not be made."); }
  };
  element.querySelector(".saves").replaceChildren(...["png", "svg"].map((format) => {
    const button = make("button", { type: "button", "data-format": format }, `Download ${format.toUpperCase()}`);
    button.addEventListener("click", () => take(format));
    return button;
  }));
};

/* A white sheet of `width` x `height` for a picture to download, twice as many pixels in a PNG, and a line of text on it. */
const paper = (width, height, size, ...parts) => svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width: 2 * width, height: 2 * height,
  "font-family": "system-ui, sans-serif", "font-size": size, fill: "#111" }, svg("rect", { width, height, fill: "#fff" }), ...parts);
const write = (x, y, words, more = {}) => svg("text", { x, y, ...more }, String(words));

/* Arrow keys go from part to part of a drawing, which has so many columns; one of them is reached by Tab. Enter and the
   space bar click a part, as they do with a button by themselves. */
const rove = (holder, selector, columns = () => 1) => holder.addEventListener("keydown", (event) => {
  const part = event.target.closest(selector);
  if (!part) return;
  if ((event.key === "Enter" || event.key === " ") && part.tagName !== "BUTTON") {
    event.preventDefault();
    return part.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  }
  const parts = [...holder.querySelectorAll(selector)], next = parts[parts.indexOf(part) + (stride(event.key, columns()) ?? NaN)];
  if (!next) return;
  event.preventDefault();
  part.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
});

/* The token that is pointed at is chosen in all views for as long, and afterwards what was chosen before: `point(token)`,
   or `point()` for none. What is pinned stays, `toggle` lets go of what is pinned already. */
const pointing = () => {
  let pointed, pinned = null;
  const before = () => (pointed === undefined ? chosen().token : pinned);
  const point = (token) => {
    if (token === pointed) return;
    pinned = before();
    pointed = token;
    choose({ token: token ?? pinned });
  };
  const pin = (token) => { pinned = token; choose({ token }); };
  return { point, pin, toggle: (token) => pin(before() === token ? null : token) };
};

/* However often it is called, it draws at most once a frame. */
const onceAFrame = (draw) => {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  };
};

/* A play button, `.play`, and the slider that it moves, `.way input`. `begin` readies a run and returns what shows it
   after so many milliseconds, and says whether it goes on. `slide` follows the slider to a value, `move` goes so many
   steps, and `rest` is called wherever it comes to rest. `keys` move by more steps than one. */
const player = (element, { ready, begin, slide, move, rest, keys = {} }) => {
  const button = element.querySelector(".play"), slider = element.querySelector(".way input");
  const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity, ...keys };
  let run = 0, playing = false;
  const show = (now) => { playing = now; button.textContent = now ? "❚❚ Pause" : "▶ Play"; };
  const stop = () => { run++; show(false); };
  const end = () => { stop(); rest(); };
  const play = () => {
    const mine = ++run, began = performance.now(), goesOn = begin();
    const frame = () => {
      if (mine !== run || !ready()) return;
      if (goesOn(performance.now() - began)) requestAnimationFrame(frame); else end();
    };
    show(true);
    requestAnimationFrame(frame);
  };
  button.addEventListener("click", () => { if (ready()) (playing ? end : play)(); });
  slider.addEventListener("input", () => { if (ready()) { stop(); slide(Number(slider.value)); } });
  slider.addEventListener("change", () => { if (ready()) rest(); });
  slider.addEventListener("keydown", (event) => {
    if (!moves[event.key] || !ready()) return;
    event.preventDefault();
    stop();
    move(moves[event.key]);
  });
  return { slider, stop };
};

export { paper, write, rove, onceAFrame, player, pointing, saves };
