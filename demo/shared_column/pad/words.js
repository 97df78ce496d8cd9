// @ts-check
/* What the pad says of a sheet. */
import { t } from "../../web/language.js";
import { sentence } from "../../web/sentences.js";

/** @typedef {import("./sheet.js").Sheet} Sheet */

/**
 * What lies on the sheet, if no pen has drawn it.
 * @param {Sheet} sheet
 */
export const nameText = ({ sample, picture }) => {
  if (sample)
    return t("MNIST test digit {index}; its writer meant a {label}.", { index: sample.index, label: sample.label });
  if (!picture) return "";
  if (!picture.preview) return t("This digit comes from a picture.");
  const orange = t("Orange is what was taken for ink.");
  if (!picture.digits) return orange;
  return [sentence(picture.says ?? ""), t("Tap a box to read that digit."), orange].join(" ");
};

/** @param {Sheet} sheet */
export const noStrokesText = ({ sample }) =>
  sample
    ? t("The eraser cuts strokes only; this MNIST digit is a picture without strokes.")
    : t("The eraser cuts strokes only; this is a picture without strokes.");
