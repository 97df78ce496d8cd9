/* Who answers which server function of which view in the browser. What is missing here, only a server can do. */
import { answer } from "../engine/reading.js";
import { changed, differences } from "./changed.js";
import { distances, filters, lens, numbers } from "./model.js";
import { RefusedError } from "./question.js";
import { now, snapshots } from "./training.js";
import { parts } from "./when.js";
import { erased, guessed, maps, unseen } from "./why.js";

const NO_DRAWING = "Draw a digit first: there is no ink yet.";

const read = (payload, { loaded }) => {
  const reading = answer(loaded, payload);
  if (!reading) throw new RefusedError(NO_DRAWING);
  return reading;
};

export const ANSWERS = {
  "shared_column/pad": { read },
  "tabs/patches": { filters },
  "tabs/inside": { numbers },
  "tabs/distances": { distances },
  "tabs/layers": { lens },
  "tabs/when": { parts },
  "tabs/why": { maps, erased, unseen },
  "tabs/what_if": { changed },
  "tabs/two_drawings": { differences },
  "tabs/challenges": { values: guessed },
  "tabs/train/live_view": { now, snapshots },
};
