// @ts-check
/**
 * A text that is equal for two descriptions of the same model, from the server or from the engine.
 * @param {Record<string, unknown> | undefined} model of a reading
 */
export const modelKey = (model) =>
  JSON.stringify(Object.entries(model ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
