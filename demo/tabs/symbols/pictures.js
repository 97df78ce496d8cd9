/* Pictures of symbols: files and folders that are chosen or dropped, read by the server one after another. */
import { t } from "../../web/language.js";
import { sentence } from "../../web/sentences.js";
import { checkAnswered, failureText } from "../../web/server.js";

const MOST = 10; // megabytes; demo/safety/body_limit.py has the same limit

/* Send a picture as it is; the answer has the `image` of all its ink, or `error`. Nothing stays on the server. */
const send = async (file) => {
  if (file.size > MOST * 1e6)
    return { error: t("This picture is too large: at most {most} MB can be read.", { most: MOST }) };
  try {
    const answer = await fetch(new URL("picture?whole=1", document.baseURI), { method: "POST", body: file });
    checkAnswered(answer.ok);
    const read = await answer.json();
    return read.error ? { error: sentence(read.error) } : read;
  } catch (error) {
    return { error: failureText(error) };
  }
};

const entryFile = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));
const someEntries = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

/* The files in a dropped file or folder, each with the name of its folder, "" for none. */
const inEntry = async (entry, folder = "") => {
  if (entry.isFile) return [{ file: await entryFile(entry), folder }];
  const reader = entry.createReader(),
    found = [];
  for (let some = await someEntries(reader); some.length; some = await someEntries(reader))
    for (const each of some) found.push(...(await inEntry(each, entry.name)));
  return found;
};

/* What was dropped: files, each with the name of its folder. The entries must be asked for before anything waits. */
const dropped = async ({ items }) => {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean),
    found = [];
  for (const entry of entries) found.push(...(await inEntry(entry)));
  return found;
};

/* What was chosen in a file input: the same. */
export const selected = (files) =>
  [...files].map((file) => ({ file, folder: file.webkitRelativePath.split("/").at(-2) ?? "" }));

const isPicture = ({ file }) => file.type.startsWith("image/");

/* Read the pictures among the files; `progress(done, all)` is called before each. Returns the drawings, each with its
   folder, and the `errors`. */
export const readPictures = async (files, progress) => {
  const pictures = files.filter(isPicture).sort((one, other) => one.file.name.localeCompare(other.file.name)),
    read = [],
    errors = [];
  for (const [at, { file, folder }] of pictures.entries()) {
    progress(at, pictures.length);
    const { image, error } = await send(file);
    if (image) read.push({ folder, drawing: { picture: image } });
    else errors.push(`${file.name}: ${error}`);
  }
  return { read, errors };
};

/* The drawings that were read, by their folder; those without one are of `otherwise`. */
export const byFolder = (read, otherwise) => {
  const folders = new Map();
  for (const { folder, drawing } of read) {
    const name = folder || otherwise;
    folders.set(name, [...(folders.get(name) ?? []), drawing]);
  }
  return folders;
};

/* Take files from the file inputs of `inputs`, functions by selector, and what is dropped on `element`: `drop(files)`
   gets it, `unread()` is called where the browser cannot read it. */
export const takeFiles = (element, inputs, { drop, unread }) => {
  for (const [selector, take] of Object.entries(inputs))
    element.querySelector(selector).addEventListener("change", async ({ target }) => {
      const files = [...target.files];
      if (files.length) await take(files);
      target.value = ""; // so that the same file can be chosen again
    });
  element.addEventListener("dragover", (event) => {
    event.preventDefault(); // or the browser would leave the page for the file
    element.classList.add("drops");
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(event.relatedTarget)) element.classList.remove("drops");
  });
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    element.classList.remove("drops");
    const files = await dropped(event.dataTransfer).catch(unread);
    if (files) await drop(files);
  });
};
