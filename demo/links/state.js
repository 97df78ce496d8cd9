/* What a link holds of the page as it is now, see codec.js; and what cannot go into one, in words. */
import { on } from "../web/bus.js";
import { browserLanguage, language, t } from "../web/language.js";
import { opened } from "../web/route.js";
import { chosen, MEAN, readingModel } from "../web/selection.js";
import { OWN } from "./codec.js";

const OWN_MODEL = t("Your own model stays here: the link reads with a model that ships.");
const PICTURE = t("The picture stays here: a link holds drawings only.");
const LONG = t("The drawing is too long for a link and stays here.");

/* Follow the page. `state()` is what a link holds, `unsaid()` what it cannot hold, `changed` is called when the
   visitor changed any of it. */
export const watchPage = ({ examples, models }, changed) => {
  let sheet = null,
    model = null,
    compared = null, // the second model
    lesson = null;

  const labelOf = ({ strokes }) =>
    examples.find((each) => JSON.stringify(each.strokes) === JSON.stringify(strokes))?.label;

  const linkedSheet = () => {
    if (!sheet || sheet.picture) return undefined;
    if (sheet.sample) return { sample: sheet.sample.index };
    const label = sheet.example ? labelOf(sheet) : undefined;
    return label === undefined ? { strokes: sheet.strokes } : { example: label };
  };

  /* Only what differs from what the page chooses by itself. */
  const selection = () => {
    const { token, layer, head, digit, mask_mode: missing } = chosen(),
      last = (readingModel()?.depth ?? 1) - 1;
    return {
      ...(token !== null && { token }),
      ...(readingModel() && layer !== last && { layer }),
      ...(head !== MEAN && { head }),
      ...(digit !== null && { digit }),
      ...(missing === "unseen" && { missing }),
    };
  };

  const ships = (one = model) => models.some(({ token }) => token === one);
  const other = () => model && model !== models[0].token;
  const state = () => ({
    view: opened() ?? undefined,
    sheet: linkedSheet(),
    ...(other() && { model: ships() ? model : OWN }),
    ...(ships(compared) && { compare: compared }),
    ...selection(),
    ...(language !== browserLanguage && { lang: language }),
    ...(lesson?.title && { lesson }),
  });

  const unsaid = (left) =>
    [model && !ships() && OWN_MODEL, sheet?.picture && PICTURE, left && LONG].filter(Boolean).join(" ");

  const follow = (topic, keep) =>
    on(topic, (message) => {
      keep(message);
      changed();
    });
  follow("sheet", (now) => {
    sheet = now;
  });
  follow("reading", ({ source }) => {
    model = source.model;
  });
  follow("compared", (now) => {
    compared = now;
  });
  follow("lesson", (now) => {
    lesson = now;
  });
  for (const topic of ["opened", "chosen"]) follow(topic, () => {});
  return { state, unsaid };
};
