/* Continues teach.js: corrections as text, kept in this browser or in a file. What comes from a file is checked to the
   last point, and only numbers of it are taken over. */

const FORMAT = "inkling-corrections", VERSION = 1, LARGEST = 4e6, FARTHEST = 1e5, SMALLEST = 6; // bytes; units of the sheet, twice
const KEPT = { corrections: "inkling-corrections", lessons: "inkling-lessons" }, LESSONS = 20;

const asText = () => JSON.stringify({ format: FORMAT, version: VERSION, corrections });

const refuse = (reason) => { throw new Error(reason); };
const shown = (value) => String(JSON.stringify(value) ?? value).slice(0, 20);

const isPoint = (point) => Array.isArray(point) && point.length >= 2 && point.slice(0, 2).every((value) => Number.isFinite(value) && Math.abs(value) <= FARTHEST);
const areStrokes = (strokes) => Array.isArray(strokes) && strokes.length > 0 && strokes.every((stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint));

const checked = (correction, index) => {
  const which = `Correction ${index + 1}`, { label, strokes } = correction ?? {};
  if (!Number.isInteger(label) || label < 0 || label > 9) refuse(`${which} has the label ${shown(label)}, which is no digit from 0 to 9.`);
  if (!areStrokes(strokes)) refuse(`${which} has no strokes that could be drawn: they must be lists of points [x, y].`);
  const points = strokes.flat();
  if (points.length > props.points) refuse(`${which} has ${points.length.toLocaleString("en")} points; at most ${props.points.toLocaleString("en")} can be taught.`);
  const extent = (axis) => Math.max(...points.map((point) => point[axis])) - Math.min(...points.map((point) => point[axis]));
  if (Math.max(extent(0), extent(1)) < SMALLEST) refuse(`${which} is only a dot.`);
  return { label, strokes: bare(strokes) };
};

/* Text -> corrections; an error says in one sentence why it holds none. */
const parsed = (text) => {
  let file = null;
  try { file = JSON.parse(text); } catch { refuse("it is not JSON."); }
  if (file?.format !== FORMAT) refuse("it holds no corrections that were exported here.");
  if (file.version !== VERSION) refuse(`it is of version ${shown(file.version)}, but only version ${VERSION} can be read.`);
  if (!Array.isArray(file.corrections)) refuse("it has no list of corrections.");
  if (file.corrections.length > props.most) refuse(`it holds ${file.corrections.length.toLocaleString("en")} corrections; at most ${props.most} can be taught.`);
  return file.corrections.map(checked);
};

/* Add corrections; a drawing that is there already takes the new label. */
const merged = (added) => {
  const rest = corrections.filter((old) => !added.some((correction) => sameDrawing(old, correction)));
  if (rest.length + added.length > props.most) refuse(`there would be ${rest.length + added.length} corrections; at most ${props.most} can be taught. Remove some first.`);
  return [...rest, ...added];
};

/* ---- this browser ---- */
const keep = () => {
  lessons = lessons.slice(-LESSONS);
  try {
    localStorage.setItem(KEPT.corrections, asText());
    localStorage.setItem(KEPT.lessons, JSON.stringify(lessons));
  } catch { say("This browser keeps nothing: export your corrections before you leave."); }
};

const keptLessons = () => {
  const isToken = (value) => typeof value === "string" && value.length < 80;
  const found = JSON.parse(localStorage.getItem(KEPT.lessons));
  return found.filter(({ model, start, before, read }) => [model, start, before].every(isToken) && read && typeof read === "object");
};

const remember = () => {
  try { corrections = parsed(localStorage.getItem(KEPT.corrections)); } catch { corrections = []; }
  try { lessons = keptLessons(); } catch { lessons = []; }
};

/* ---- files ---- */
const exported = () => {
  const bytes = new TextEncoder().encode(asText());
  download("inkling-corrections.json", "application/json", btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
};

const imported = async (file) => {
  try {
    if (file.size > LARGEST) refuse("it is too large.");
    const added = parsed(await file.text());
    corrections = merged(added);
    keep();
    showShelf();
    say(`${counted(added.length, "correction")} imported. Press “${find('[data-do="again"]').textContent}” to have ${added.length === 1 ? "it" : "them"} learned.`);
  } catch (error) { say(`The file was not imported: ${error.message}`); }
};

const input = find("input[type=file]");
input.addEventListener("change", async () => {
  const [file] = input.files;
  if (file) await imported(file);
  input.value = ""; // so that the same file can be chosen again
});
