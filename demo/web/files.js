// @ts-check
/* Files of the page. A page in one file has them in itself, and another module in the place of this one. */

/**
 * Fetch a file of the page by its path below the folder `demo/`.
 * @param {string} path
 */
export const fileOf = (path) => fetch(new URL(`../${path}`, import.meta.url));
