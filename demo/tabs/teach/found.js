/* Continues teach.js: what came of a lesson, on the drawing and on the test digits. */

const bars = Array.from({ length: 10 }, (_, digit) => {
  const was = make("div", { class: "fill was" }), is = make("div", { class: "fill is" }), then = make("span", { class: "then" }), now = make("span", { class: "now" });
  const row = make("li", { "data-digit": digit }, make("span", {}, String(digit)), make("div", { class: "track" }, was, is), then, make("span", { "aria-hidden": "true" }, "→"), now);
  find(".bars").append(row);
  return { row, was, is, then, now };
});

const showDrawing = ({ before, after }, { label }) => {
  const was = best(before), now = best(after);
  bars.forEach((bar, digit) => {
    bar.was.style.transform = `scaleX(${before[digit]})`;
    bar.is.style.transform = `scaleX(${after[digit]})`;
    bar.then.textContent = percent(before[digit]);
    bar.now.textContent = percent(after[digit]);
    bar.row.classList.toggle("best", digit === now);
  });
  if (was === now) find(".verdict").textContent = now === label ? `It was and is read as ${now}, now ${percent(after[now])} sure` : `It is still read as ${now}`;
  else find(".verdict").textContent = `It was read as ${was}, now as ${now} (${percent(after[now])} sure)`;
};

const showSteps = ({ steps, learned, drawings }, taught) => {
  const right = drawings.filter(({ after }, at) => best(after) === taught[at].label).length;
  const all = taught.length === 1 ? "" : ` Of your ${taught.length} corrections it now reads ${right === taught.length ? "all" : right} right.`;
  const how = steps ? `It took ${counted(steps, "step")} of practice.` : "No practice was needed.";
  find(".steps").textContent = `${how}${all}${learned ? "" : " It ended before everything was learned as surely as wished. Corrections that contradict each other cannot all be learned."}`;
};

/* ---- the forgetting ---- */
const share = (right, of) => `${((100 * right) / of).toFixed(2)} %`;

const sidesOf = ({ of, before, after, lost, won }, name) => {
  const digits = of.toLocaleString("en"), change = `${share(before, of)} → ${share(after, of)}`;
  if (!lost && !won) return `No. Of ${digits} test digits it reads the very same ones right as ${name}: ${share(after, of)}.`;
  const wrong = lost ? `${lost} that ${lost === 1 ? "was" : "were"} read right ${lost === 1 ? "is" : "are"} wrong now` : "none that was read right is wrong now", gained = won ? `${won} that ${won === 1 ? "was" : "were"} wrong ${won === 1 ? "is" : "are"} right` : "none that was wrong is right";
  return `Test digits read right: ${change} of ${digits}. Compared with ${name}, ${wrong}, and ${gained}.`;
};

const showChanged = async ({ sheet, columns, changed }) => {
  const image = new Image();
  if (sheet) { image.src = `data:image/png;base64,${sheet}`; await image.decode(); }
  find(".changed").replaceChildren(...changed.map(([written, was, now], index) => {
    const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" }), wrong = now !== written;
    canvas.getContext("2d").drawImage(image, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
    return make("figure", { class: wrong ? "lost" : "won" }, canvas, make("figcaption", {}, `${was} → ${now}`, make("br"), wrong ? `✗ is ${written}` : "✓ right"));
  }));
};

let came = null; // of the last lesson: what its drawing was read as before and after
const showFound = async (found, taught, at) => {
  came = found.drawings[at];
  find(".found").hidden = false;
  showDrawing(came, taught[at]);
  showSteps(found, taught);
  const { test } = found, left = test.lost + test.won - test.changed.length;
  find(".sides").textContent = sidesOf(test, found.name);
  find(".sample").textContent = `${left ? `${counted(left, "more digit")} changed sides. ` : ""}${test.all ? "These are all of MNIST's test digits; no lesson ever uses one." : `A fixed sample of MNIST's test digits, because this model reads slowly; no lesson ever uses one.`}`;
  await showChanged(test);
};
