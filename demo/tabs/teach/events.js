/* Continues teach.js: the question, the lesson, and following the page. */

const POLL = 300; // milliseconds between two looks at a lesson
const pause = () => new Promise((resolve) => setTimeout(resolve, POLL));

/* ---- what is it? ---- */
const choices = Array.from({ length: 10 }, (_, digit) => {
  const input = make("input", { type: "radio", name: "inkling-teach", value: digit });
  input.addEventListener("change", showAsk);
  find(".digits").append(make("label", {}, input, make("span", {}, String(digit))));
  return input;
});
const chosenDigit = () => choices.findIndex((input) => input.checked);
const choose = (digit) => choices.forEach((input, at) => { input.checked = at === digit; });

const drawing = () => (seen?.source.strokes ? bare(seen.source.strokes) : null);
const questionOf = () => {
  if (!seen) return "Draw a digit first.";
  if (!drawing()) return "This is one of MNIST's test digits. To learn it would spoil the test: draw one yourself.";
  return `${seen.sure ? `It reads this as ${seen.digit}` : doubtful(seen.digit)}. What is it?`;
};

function showAsk() {
  find(".question").textContent = questionOf();
  for (const input of choices) input.disabled = busy || !drawing();
  find('[data-do="teach"]').disabled = busy || !drawing() || chosenDigit() < 0;
  find('[data-do="undo"]').disabled = busy || !lesson();
  const canvas = find(".look");
  if (drawing()) sketch(canvas, drawing());
  else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}
const show = () => { showAsk(); showShelf(); };

/* ---- a lesson ---- */
const wait = (words, done) => {
  find(".wait").hidden = !words;
  find(".wait span").textContent = words ?? "";
  if (done === null) find("progress").removeAttribute("value"); else find("progress").value = done ?? 0;
};

const showProgress = ({ stage, done, of }) => {
  const part = of ? done / of : null, digits = () => `${done.toLocaleString("en")} of ${of.toLocaleString("en")}`;
  if (stage === "waiting") wait("Waiting: somebody else's lesson is going on.", null);
  else if (stage === "fetching") wait(of ? `Fetching MNIST, ${Math.round(100 * part)} %` : "Getting MNIST ready", part);
  else if (stage === "practising") wait(`Practising${of ? `, step ${done} of at most ${of}` : ""}`, part);
  else wait(`Reading test digits${of ? `, ${digits()}` : ""}`, part);
};

const working = (on) => { busy = on; element.setAttribute("aria-busy", on); if (!on) wait(); show(); };

/* Ask until the lesson is over; an error has one sentence. */
const finished = async (asked) => {
  let found = await call(server.begin, asked).catch(() => refuse("The server does not answer. Your corrections are kept; try again in a moment."));
  const { task } = found;
  while (true) {
    if (found.error) refuse(found.error);
    if (found.drawings) return found;
    showProgress(found);
    await pause();
    found = await call(server.look, { task }).catch(() => refuse("The server does not answer. Your corrections are kept; try again in a moment."));
  }
};

/* Teach all corrections, and show what came of the one at `at`. */
const teach = async (at) => {
  const taught = corrections, asked = { start: start(), before: seen.source.model, corrections: taught };
  working(true);
  say("");
  try {
    const found = await finished(asked);
    const read = Object.fromEntries(taught.map((correction, index) => [keyOf(correction), [best(found.drawings[index].before), best(found.drawings[index].after)]]));
    lessons = [...lessons, { model: found.model, start: found.start, before: asked.before, read }];
    keep();
    await showFound(found, taught, at);
    use(found.model);
    say("The model that you taught reads now. Draw it again, a little differently: does it know it?");
  } catch (error) { say(error.message); } finally { working(false); }
};

const use = (model) => trigger("taught", { model });

const actions = {
  teach: () => {
    const correction = { label: chosenDigit(), strokes: drawing() };
    try { corrections = merged([checked(correction, corrections.length)]); } catch (error) { return say(error.message); }
    keep();
    teach(corrections.length - 1);
  },
  again: () => {
    if (corrections.length) return teach(corrections.length - 1);
    find(".found").hidden = true;
    say("");
    use(start());
  },
  undo: () => {
    const { before } = lesson();
    find(".found").hidden = true;
    say(`Undone: ${named(before) === "your model" ? "the model before" : named(before)} reads again. Your corrections are kept below.`);
    use(before);
  },
  export: () => { exported(); say(`${counted(corrections.length, "correction")} exported.`); },
  import: () => input.click(),
  forget: () => { corrections = []; keep(); show(); say("All corrections are deleted from this browser."); },
};
for (const button of element.querySelectorAll("[data-do]")) button.addEventListener("click", () => actions[button.dataset.do]());

/* ---- following the page ---- */
const follow = (reading) => {
  const strokes = JSON.stringify(drawing());
  seen = reading;
  if (JSON.stringify(drawing()) !== strokes) { choose(corrections.find((correction) => JSON.stringify(correction.strokes) === JSON.stringify(drawing()))?.label ?? -1); if (!busy) say(""); }
  show();
};
on("reading", (reading) => { if (reading.whole) follow(reading); });
on("nothing", () => { if (seen) follow({ ...seen, source: { model: seen.source.model } }); });

remember();
show();
