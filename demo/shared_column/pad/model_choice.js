/* Which model reads: a shipped one, or the visitor's own. */
import { make } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { fragment, sentence } from "../../web/sentences.js";
import { store, stored } from "./storage.js";

const choice = ({ label, title }, use) => {
  const input = make("input", { type: "radio", name: "inkling-reader" });
  input.addEventListener("change", () => use(input.value));
  return make("label", { title: sentence(title) }, input, make("span", {}, fragment(label)));
};

/* Offer the shipped `models`, and the visitor's own once there is one. `changed` is called when another model reads,
   `trigger` when the visitor has chosen it here. */
export const newModelChoice = (element, models, { changed, trigger }) => {
  const group = element.querySelector(".models"),
    line = element.querySelector(".name");

  const ships = (model) => models.some(({ token }) => token === model);

  /* What the browser stored, unless the model that read ships no longer. */
  const storedReader = () =>
    stored("reader", ({ model, own: token }) => {
      const own = typeof token === "string" && token ? token : null;
      return ships(model) || (own && model === own) ? { model, own } : null;
    });

  let reader = storedReader() ?? { model: models[0].token, own: null }; // tokens of what reads and of the visitor's own

  const offered = () => {
    const isFile = reader.own?.startsWith("file-"), // see demo/model_file.py
      label = isFile ? t("A file") : t("Your model"),
      title = isFile ? t("The model file that you opened") : t("The model that you trained here");
    const own = { token: reader.own, label, title };
    return reader.own ? [...models, { ...own, summary: t("your model.") }] : models;
  };

  const use = (model, own = reader.own) => {
    if (model === reader.model && own === reader.own) return;
    reader = { model, own };
    store("reader", reader);
    show();
    changed();
  };

  /* A model that does not ship is the visitor's own, or one of their trainings. */
  const choose = (model) => {
    use(model, ships(model) ? reader.own : model);
    if (ships(model)) trigger("shipped");
    else trigger("own", { model });
  };

  const describe = (summary) => {
    const model = sentence(summary);
    line.textContent = group.hidden ? t("Read by {model}", { model }) : model;
  };

  /* One shipped model and none of the visitor's own leave nothing to choose. */
  const show = () => {
    const all = offered();
    group.hidden = all.length < 2;
    if (group.querySelectorAll("input").length !== all.length) {
      for (const old of group.querySelectorAll("label")) old.remove();
      group.append(...all.map((model) => choice(model, choose)));
    }
    for (const [index, input] of [...group.querySelectorAll("input")].entries()) {
      input.value = all[index].token;
      input.checked = input.value === reader.model;
    }
    describe(all.find(({ token }) => token === reader.model).summary);
  };

  /* The visitor's own model is gone from the server. */
  const forgetOwn = () => {
    use(reader.model === reader.own ? models[0].token : reader.model, null);
    trigger("shipped");
  };

  /* What Python asks for; what the browser only remembered comes second to what was chosen in this browser tab. */
  const obey = ({ model, remembered }) => {
    if (!model) return;
    const own = ships(model) ? reader.own : model;
    use(remembered && storedReader() ? reader.model : model, own);
  };

  show();
  return { token: () => reader.model, choose, describe, forgetOwn, obey };
};
