/* Numbers of trainings as text, in the page's language. */
import { decimal } from "../../web/language.js";

/* A share in [0, 1] as a percentage with two decimals. */
export const exactPercent = (share) => `${decimal(Number((100 * share).toFixed(2)), 2)} %`;
