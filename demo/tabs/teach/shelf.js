/* Continues teach.js: the corrections so far, each with what the model makes of it. */

/* What a correction was read as by the model before and by the one that reads; undefined if that has not learned it. */
const outcome = (correction) => lesson()?.read[keyOf(correction)];

const verdictOf = (correction) => {
  const found = outcome(correction);
  if (!Array.isArray(found)) return "not taught yet";
  const [was, now] = found.map(Number);
  if (now !== correction.label) return `✗ read as ${now}`;
  return was === now ? `✓ still read as ${now}` : `✓ ${was} became ${now}`;
};

const tile = (correction) => {
  const remove = make("button", { type: "button", "aria-label": `Remove the correction “${article(correction.label)}”`, title: "Remove" }, "×");
  remove.addEventListener("click", () => { corrections = corrections.filter((other) => other !== correction); keep(); showShelf(); find('[data-do="again"]').focus(); });
  remove.disabled = busy;
  return make("li", {}, sketch(make("canvas", { width: 128, height: 128, "aria-hidden": "true" }), correction.strokes), make("b", {}, article(correction.label)), make("small", {}, verdictOf(correction)), remove);
};

/* Whether the model that reads has learned just these corrections. */
const uptodate = () => {
  const learned = Object.keys(lesson()?.read ?? {}), wanted = corrections.map(keyOf);
  return learned.length === wanted.length && wanted.every((key) => learned.includes(key));
};

const stateOf = () => {
  if (!corrections.length) return lesson() ? "The model that reads still knows what you have removed." : "None yet. Each one that you teach is kept here, and all of them are taught together.";
  if (busy) return "A lesson is going on.";
  if (uptodate()) return `The model that reads has learned ${corrections.length === 1 ? "it" : "these"}.`;
  return lesson() ? "The model that reads has learned others than these. Teach them again to bring it up to date." : `${named(seen?.source.model ?? "")} has not learned ${corrections.length === 1 ? "it" : "these"}.`;
};

const showShelf = () => {
  find(".count").textContent = corrections.length > 1 ? `Your ${corrections.length} corrections` : corrections.length ? "Your correction" : "Your corrections";
  find(".state").textContent = stateOf();
  find(".tiles").replaceChildren(...corrections.map(tile));
  const again = find('[data-do="again"]');
  again.textContent = corrections.length ? `Teach ${corrections.length === 1 ? "this one" : `these ${corrections.length}`}` : "Forget what was taught";
  again.disabled = busy || !seen || uptodate();
  again.hidden = !corrections.length && !lesson();
  for (const name of ["export", "forget"]) find(`[data-do="${name}"]`).disabled = busy || !corrections.length;
  find('[data-do="import"]').disabled = busy;
};
