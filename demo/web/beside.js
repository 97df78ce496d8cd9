// @ts-check
/* Whether this page is the second one, which another page shows in a frame to compare two models. It stores nothing in
   the browser: what is stored is the first page's. */
export const isBeside = new URLSearchParams(globalThis.location?.search ?? "").has("beside");
