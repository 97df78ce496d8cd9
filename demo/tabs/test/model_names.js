// @ts-check
/* Names of models in sentences: "the model with 16 patches", "your model with 49 patches". */
import { grouped, plural, t } from "../../web/language.js";

/**
 * @typedef {{ token: string, label: string }} Shipped
 * @typedef {{ num_patches: number, num_params: number }} Size
 */

/**
 * The name of the model of `token`: a shipped one by its label, one of the visitor's own by its patches. Where two of
 * these have as many, their parameters are named too, and where they have as many of those, the order of first use.
 * @param {string} token
 * @param {Shipped[]} shipped
 * @param {Map<string, Size>} own
 */
export const modelName = (token, shipped, own) => {
  const label = shipped.find((model) => model.token === token)?.label,
    size = own.get(token);
  if (label !== undefined)
    return plural(Number.parseInt(label, 10), "the model with {n} patch", "the model with {n} patches");
  if (!size) return t("your model");
  const tokens = [...own.keys()],
    samePatches = tokens.filter((other) => own.get(other)?.num_patches === size.num_patches),
    same = samePatches.filter((other) => own.get(other)?.num_params === size.num_params);
  const [numbered, measured] = [same.length > 1, samePatches.length > same.length];
  const values = {
    number: same.indexOf(token) + 1,
    patches: size.num_patches,
    parameters: grouped(size.num_params),
  };
  if (numbered && measured)
    return t("your model number {number} with {patches} patches and {parameters} parameters", values);
  if (numbered) return t("your model number {number} with {patches} patches", values);
  return measured
    ? t("your model with {patches} patches and {parameters} parameters", values)
    : t("your model with {patches} patches", values);
};
