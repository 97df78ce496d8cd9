// @ts-check
/* The conditions that end a step of a tour. A tour's file names one and gives its parameters:
   "until": { "condition": "opened", "view": "patches" }

   next     { }
            the visitor presses Next
   opened   { view }
            this view is open
   drawn    { digits?, above?, below?, earlier? }
            the visitor has drawn by hand since the step began, and it is read as one of these digits, with more or less
            than this probability; `earlier`: a drawing by hand from before the step counts too
   chosen   { token?, head?, layer?, digit? }
            the visitor chose a token ("cls", "patch" for any patch, "best" for the one with the largest value in Why,
            "attended" for the one with the most attention), a head ("one"), a layer ("first", "last" or a number from
            0), a digit (true)
   erased   { patch, alone? }
            this patch is erased in What if: "any", "best" or "overrated" (see facts.js); `alone`: and no other
   did      { what, ... }
            a view said on topic "did" that this was done, with these values
   training { at }
            the visitor's training has "started" (it may still wait for its turn), is "learning" or "ended"; "another":
            a new one learns
   read_by  { own }
            the visitor's own model reads the drawing, or another one does (false)

   `page` has the last message of each topic (reading, sheet, chosen, opened, training), `explained` (the last answer of
   Why about the predicted digit of this drawing), `guess` (the patch that the visitor guessed for this drawing) and
   `dids`, what was done since the step began. `start` is `page` as the step began. */
import { bestPatch, mostAttended, mostOverrated } from "./facts.js";

const MEAN = -1; // as in selection.js: the mean of all heads

/** @typedef {Record<string, any>} Page */
/** @typedef {(page: Page, start: Page, parameters: any) => boolean} Condition */

/** @type {Record<string, number>} milliseconds for which a condition must hold, where it is not `SETTLED` */
const RESTS = { opened: 0, drawn: 1200, next: 0, training: 0 };
const SETTLED = 700;

/** @param {any} sheet */
const byHand = (sheet) => Boolean(sheet?.strokes?.length && !sheet.sample && !sheet.example && !sheet.picture);

/** @type {Condition} */
const drawn = ({ reading, sheet }, start, { digits, above = 0, below = 1, earlier = false }) => {
  const isNew = sheet?.strokes !== start.sheet?.strokes;
  if (!reading?.whole || !byHand(sheet) || reading.source.strokes !== sheet.strokes || !(isNew || earlier))
    return false;
  const share = reading.probs[reading.digit];
  if (!digits) return share >= above && share <= below;
  return reading.in_distribution && digits.includes(reading.digit) && share >= above && share <= below;
};

/** @type {Record<string, (page: Page) => number | null>} */
const PATCHES = { best: bestPatch, attended: mostAttended, overrated: mostOverrated };

/** @type {Condition} */
const tokenIs = (page, start, wanted) => {
  const { token } = page.chosen;
  if (wanted === "cls") return !token;
  if (wanted === "patch") return token > 0 && token !== start.chosen?.token;
  const patch = PATCHES[wanted](page);
  return patch !== null && token === patch + 1;
};

/** @type {Condition} */
const layerIs = ({ chosen, reading }, _start, wanted) => {
  const named = /** @type {Record<string, number>} */ ({ first: 0, last: (reading?.model.depth ?? 0) - 1 });
  return chosen.layer === (named[wanted] ?? wanted);
};

/** @type {Condition} */
const chosen = (page, start, { token, head, layer, digit }) => {
  const known = token === "best" || token === "attended"; // what was chosen before counts too
  if (!page.chosen || (page.chosen === start.chosen && !known)) return false;
  return (
    (token === undefined || tokenIs(page, start, token)) &&
    (head === undefined || (page.chosen.head !== MEAN) === (head === "one")) &&
    (layer === undefined || layerIs(page, start, layer)) &&
    (digit === undefined || (page.chosen.digit !== null) === digit)
  );
};

/** @type {Condition} */
const erased = (page, _start, { patch, alone = false }) => {
  const gone = page.dids.filter((/** @type {any} */ { what }) => what === "changed").at(-1)?.erased ?? [];
  const wanted = PATCHES[patch]?.(page) ?? null; // any patch will do where none stands out
  if (alone && gone.length > 1) return false;
  return wanted === null ? gone.length > 0 : gone.includes(wanted);
};

/** @type {Condition} */
const training = ({ training: now }, start, { at }) => {
  if (!now) return false;
  const isNew = now.id !== start.training?.id,
    ended = ["done", "stopped", "failed"].includes(now.state),
    learns = now.step > 0;
  if (at === "ended") return ended && now.can_use;
  if (at === "another") return isNew && learns;
  return (at === "started" || learns) && (isNew || !ended);
};

/** @type {Record<string, Condition>} */
export const CONDITIONS = {
  next: () => false,
  opened: ({ opened }, _start, { view }) => opened === view,
  drawn,
  chosen,
  erased,
  did: ({ dids }, _start, wanted) =>
    dids.some((/** @type {any} */ done) => Object.entries(wanted).every(([name, value]) => done[name] === value)),
  training,
  read_by: ({ reading, training: now }, _start, { own }) =>
    Boolean(reading?.whole) && (now !== undefined && reading.source.model === now.id) === own,
};

/**
 * Whether a step's condition holds.
 * @param {{ condition: string }} until
 * @param {Page} page
 * @param {Page} start
 */
export const isMet = ({ condition, ...parameters }, page, start) => CONDITIONS[condition](page, start, parameters);

/**
 * For how many milliseconds a condition must hold: a drawing may go on, and a pointer may pass.
 * @param {{ condition: string }} until
 */
export const restOf = ({ condition }) => RESTS[condition] ?? SETTLED;
