// @ts-check
/* How to cite Inkling. The same stands in CITATION.cff, for GitHub and for reference managers; a test compares them. */
import { t } from "../language.js";

export const WORK = {
  title: "Inkling: a vision transformer that you can touch",
  authors: "Inkling authors",
  version: "1.0.0",
  year: 2026,
  license: "MIT",
};

/**
 * The model of a figure and the version that drew it. A shipped model has a name, a visitor's own has null; what
 * comes from
 * no model at all has none.
 * @param {{ name?: string | null } | null} model
 */
export const modelLine = (model) =>
  [...(model ? [model.name ?? t("a model trained on this page")] : []), `Inkling ${WORK.version}`].join(", ");

export const bibtex = () =>
  [
    "@software{inkling,",
    `  title = {{${WORK.title}}},`,
    `  author = {{${WORK.authors}}},`,
    `  version = {${WORK.version}},`,
    `  year = {${WORK.year}},`,
    `  license = {${WORK.license}}`,
    "}",
    "",
  ].join("\n");
