/* The answer in large: the digit, or the name of a class. */

const NONE = "–";

/* Show `name`, null for no answer. A long name gets smaller letters. */
export const showAnswer = (element, name) => {
  element.textContent = name ?? NONE;
  element.classList.toggle("word", (name ?? NONE).length > 2);
};
