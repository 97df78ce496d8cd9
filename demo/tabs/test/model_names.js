// @ts-check
/* Names of models in sentences: "the model with 16 patches", "your model with 49 patches". */

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
  if (label !== undefined) return `the model with ${label}`;
  if (!size) return "your model";
  const tokens = [...own.keys()],
    samePatches = tokens.filter((other) => own.get(other)?.num_patches === size.num_patches),
    same = samePatches.filter((other) => own.get(other)?.num_params === size.num_params);
  const number = same.length > 1 ? ` number ${same.indexOf(token) + 1}` : "",
    parameters = samePatches.length > same.length ? ` and ${size.num_params.toLocaleString("en")} parameters` : "";
  return `your model${number} with ${size.num_patches} patches${parameters}`;
};
