/* Continues pad.js: tools, keys and the shelf, and how the page opens. */

/* ---- tools, keys and the shelf ---- */
const choose = (name) => {
  tool = name;
  for (const button of element.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === name);
  canvas.style.cursor = name === "eraser" ? "cell" : "crosshair";
};
for (const button of element.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));
for (const [name, button] of Object.entries(buttons)) button.addEventListener("click", actions[name]);

/* Undo and redo work anywhere in the pad; single keys on the sheet alone, so that they surprise nobody elsewhere. */
const KEYS = { e: () => choose("eraser"), p: () => choose("pen"), delete: actions.clear, backspace: actions.clear };
element.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
  const redo = key === "y" || (key === "z" && event.shiftKey);
  let act = null;
  if (command) act = redo ? actions.redo : key === "z" ? actions.undo : null;
  else if (!event.altKey && event.target === canvas) act = KEYS[key];
  if (act) { event.preventDefault(); act(); }
});

const untouched = ({ strokes }) => ({ strokes, sample: null, example: true });

for (const example of props.examples) {
  const thumb = make("canvas", { width: 60, height: 60, "aria-hidden": "true" });
  for (const points of example.strokes) trace(thumb.getContext("2d"), points, 60 / SIDE, PEN);
  const button = make("button", { type: "button", "aria-label": `Example: a ${example.label}`, title: `A ${example.label}` }, thumb);
  button.addEventListener("click", () => put(untouched(example)));
  find(".shelf").append(button);
}

const random = make("button", { type: "button", class: "random", title: "A random digit of MNIST's test set" }, "Random MNIST digit");
random.addEventListener("click", async () => {
  try {
    const sample = await call(server.sample, {});
    if (pointer === null) put({ strokes: [], sample }); // whoever draws by now wants no other digit
  } catch { say("The server does not answer. Try again in a moment.", true); }
});
find(".shelf").append(random);

/* What Python wishes; a wish that the browser only remembered comes second to what was chosen in this tab. */
const obey = () => {
  const { model, remembered } = props.value ?? {};
  if (!model) return;
  const own = ships(model) ? reader.own : model;
  useModel(remembered && kept("reader", keptReader) ? reader.model : model, own);
};
watch("value", obey);

sheet = kept("sheet", keptSheet) ?? untouched(props.examples[0]);
reader = kept("reader", keptReader) ?? reader;
offer();
obey();
changed();
