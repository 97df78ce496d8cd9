/* What a reload of the browser tab finds again. */

const KEYS = { sheet: "inkling-sheet", reader: "inkling-reader" };

export const store = (what, value) => {
  try {
    sessionStorage.setItem(KEYS[what], JSON.stringify(value));
  } catch {
    /* blocked or full */
  }
};

/* What was stored, as `check` returns it; null if there is nothing that can be used. */
export const stored = (what, check) => {
  try {
    return check(JSON.parse(sessionStorage.getItem(KEYS[what])));
  } catch {
    return null;
  }
};
