// @ts-check
/* A table as CSV (RFC 4180). */

/** @typedef {string | number | boolean | null | undefined} Cell */

/** @param {Cell} cell */
const field = (cell) => {
  const text = String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * Numbers keep all their digits, with a point; what is missing is empty.
 * @param {{ columns: string[], rows: Cell[][] }} table
 */
export const csv = ({ columns, rows }) => [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
