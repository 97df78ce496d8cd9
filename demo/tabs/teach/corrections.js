// @ts-check
/* Corrections, and their text in a file. Text from a file is checked completely, and only its numbers are used. */
import { isPackedImage } from "../../web/arrays.js";
import {
  areStrokes,
  contentOf,
  exported,
  hashOf,
  isDot,
  placesOnly,
  refuse,
  sameDrawing,
  shown,
} from "../../web/drawings.js";
import { grouped, t } from "../../web/language.js";

export { drawingOf, placesOnly, refuse, sameDrawing } from "../../web/drawings.js";

const FORMAT = "inkling-corrections",
  VERSION = 1;

/**
 * @typedef {import("../../web/drawings.js").Drawing} Drawing
 * @typedef {Drawing & { label: number }} Correction
 * @typedef {{ most: number, points: number }} Limits of corrections, and of points in one of them
 */

/**
 * A short name for a correction, from its label and its points or pixels.
 * @param {Correction} correction
 */
export const keyOf = ({ label, ...drawing }) => `${label}-${hashOf(contentOf(drawing))}`;

/**
 * @param {any} picture
 * @param {number} number
 */
const checkedImage = (picture, number) => {
  if (!isPackedImage(picture))
    refuse(t("Correction {number} has a picture that is no image of 28 by 28 pixels.", { number }));
  const { shape, type, data } = picture;
  return { shape, type, data };
};

/**
 * Check one correction; an error says what is wrong with it.
 * @param {any} correction
 * @param {number} index
 * @param {Limits} limits
 * @returns {Correction}
 */
export const checked = (correction, index, limits) => {
  const number = index + 1,
    { label, strokes, picture } = correction ?? {};
  if (!Number.isInteger(label) || label < 0 || label > 9)
    refuse(
      t("Correction {number} has the label {label}, which is no digit from 0 to 9.", { number, label: shown(label) }),
    );
  if (picture !== undefined) return { label, picture: checkedImage(picture, number) };
  if (!areStrokes(strokes))
    refuse(
      t("Correction {number} has no strokes that could be drawn: they must be lists of points [x, y].", { number }),
    );
  const points = strokes.flat();
  if (points.length > limits.points)
    refuse(
      t("Correction {number} has {points} points; at most {most} can be taught.", {
        ...{ number, points: grouped(points.length), most: grouped(limits.points) },
      }),
    );
  if (isDot(strokes)) refuse(t("Correction {number} is only a dot.", { number }));
  return { label, strokes: placesOnly(strokes) };
};

/** @param {Correction[]} corrections */
export const asText = (corrections) => JSON.stringify({ format: FORMAT, version: VERSION, corrections });

/**
 * Parse corrections; an error says in one sentence why the text has none.
 * @param {string} text
 * @param {Limits} limits
 */
export const parsed = (text, limits) => {
  const foreign = t("it holds no corrections that were exported here."),
    file = exported(text, { format: FORMAT, version: VERSION, foreign });
  if (!Array.isArray(file.corrections)) refuse(t("it has no list of corrections."));
  const count = file.corrections.length;
  if (count > limits.most)
    refuse(
      t("it holds {count} corrections; at most {most} can be taught.", { count: grouped(count), most: limits.most }),
    );
  return file.corrections.map((/** @type {unknown} */ one, /** @type {number} */ index) => checked(one, index, limits));
};

/**
 * Add corrections; one of the same drawing is replaced.
 * @param {Correction[]} corrections
 * @param {Correction[]} added
 * @param {Limits} limits
 */
export const merged = (corrections, added, { most }) => {
  const rest = corrections.filter((old) => !added.some((correction) => sameDrawing(old, correction)));
  if (rest.length + added.length > most)
    refuse(
      t("there would be {count} corrections; at most {most} can be taught. Remove some first.", {
        count: rest.length + added.length,
        most,
      }),
    );
  return [...rest, ...added];
};
