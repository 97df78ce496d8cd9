/* A model file of the visitor's, which the server opens. */
import { t } from "../../web/language.js";
import { sentence } from "../../web/sentences.js";
import { checkAnswered, failureText } from "../../web/server.js";

const MOST = 20; // megabytes; demo/safety/body_limit.py has the same limit

/* Send a file as it is; the answer has the `model`'s token, or `error`. The server keeps no file. */
export const openModel = async (file) => {
  if (file.size > MOST * 1e6)
    return { error: t("This file is too large: models of at most {most} MB can be opened.", { most: MOST }) };
  try {
    const address = new URL(`model_file?name=${encodeURIComponent(file.name)}`, document.baseURI),
      answer = await fetch(address, { method: "POST", body: file });
    checkAnswered(answer.ok);
    const opened = await answer.json();
    return opened.error ? { error: sentence(opened.error) } : opened;
  } catch (error) {
    return { error: failureText(error) };
  }
};
