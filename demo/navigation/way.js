// @ts-check
/* The way through the page: steps and their views, in order. */

/** @typedef {{ name: string, title: string, task?: string }} View */
/**
 * @typedef {{ name: string, title: string, question: string, views: View[], task?: string, surprise?: string }} Step
 */

/**
 * The step that has the view, undefined if there is none.
 * @param {Step[]} steps
 * @param {string} view
 */
export const stepOf = (steps, view) => steps.find(({ views }) => views.some(({ name }) => name === view));

/**
 * What comes after a view: the next view that is `shown` and its step, null after the last.
 * @param {Step[]} steps
 * @param {string} view
 * @param {(view: string) => boolean} [shown]
 */
export const nextOf = (steps, view, shown = () => true) => {
  const all = steps
    .flatMap((step) => step.views.map((one) => ({ view: one, step })))
    .filter((one) => shown(one.view.name));
  return all[all.findIndex((one) => one.view.name === view) + 1] ?? null;
};
