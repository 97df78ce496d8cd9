/* Pictures of a digit: chosen as a file, photographed, pasted or dropped. */
import { t } from "../../web/language.js";
import { sentence } from "../../web/sentences.js";
import { checkAnswered, failureText, newest } from "../../web/server.js";

const MOST = 10; // megabytes; demo/safety/body_limit.py has the same limit
const NO_FILE = t("Drop an image file here, from your files or your desktop.");
const NO_SERVER = t("This page has no server, so it cannot read pictures. Draw the digit instead.");

/* Send a picture as it is. The answer has `image`, 28 x 28, and `preview`; for several digits also `digits` and `says`;
   or `error`. Nothing stays on the server. */
const send = async (file) => {
  if (file.size > MOST * 1e6) {
    return { error: t("This picture is too large: at most {most} MB can be read.", { most: MOST }) };
  }
  try {
    const answer = await fetch(new URL("picture", document.baseURI), { method: "POST", body: file });
    checkAnswered(answer.ok);
    const read = await answer.json();
    return read.error ? { error: sentence(read.error) } : read;
  } catch (error) {
    return { error: failureText(error) };
  }
};

const fileOf = ({ files }) => [...files].find(({ type }) => type.startsWith("image/")) ?? files[0];
const isField = ({ tagName, isContentEditable }) => /^(INPUT|TEXTAREA|SELECT)$/.test(tagName) || isContentEditable;

/* Take pictures from the file `input`, from the clipboard, and dropped on `element`. `put(picture)` gets one that can
   be read, `say(text, wrong)` what there is to say. Where nobody can read them (`served` is false), that is said. */
export const takePictures = (element, input, { put, say, served }) => {
  const question = newest();

  const take = async (file) => {
    if (!served) return say(NO_SERVER, true);
    const current = question.next();
    say(t("Reading the picture…"));
    const { error, ...picture } = await send(file);
    if (!current()) return;
    if (error) say(error, true);
    else put(picture);
  };

  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) take(file);
    input.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("paste", (event) => {
    const file = event.clipboardData && fileOf(event.clipboardData);
    if (!file || isField(event.target)) return;
    event.preventDefault();
    take(file);
  });

  const over = (now) => element.classList.toggle("drops", now);
  element.addEventListener("dragover", (event) => {
    event.preventDefault(); // or the browser would leave the page for the file
    over(true);
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(event.relatedTarget)) over(false);
  });
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const file = fileOf(event.dataTransfer);
    if (file) take(file);
    else say(NO_FILE, true);
  });
};
