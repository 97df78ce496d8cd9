// @ts-check
/* Mean attention distance. */
import { mean } from "../../web/numbers.js";

/**
 * The mean attention distance in pixels of each head, from attention (L, h, N, N). cls has no place in the image: it is
 * left out, and the rest of each row is scaled to 1.
 * @param {{ shape: number[], data: Float32Array }} attention
 * @param {{ grid_size: number, patch_size: number }} model
 */
export const distances = ({ shape: [depth, heads, tokens], data }, { grid_size: side, patch_size: size }) => {
  const far = Array.from({ length: side * side }, (_, one) =>
    Float32Array.from(
      { length: side * side },
      (_, other) => size * Math.hypot(Math.floor(one / side) - Math.floor(other / side), (one % side) - (other % side)),
    ),
  );
  return Array.from({ length: depth * heads }, (_, head) =>
    mean(
      far.map((row, query) => {
        const start = (head * tokens + query + 1) * tokens + 1;
        let total = 0,
          weighted = 0;
        for (let at = 0; at < row.length; at++) {
          total += data[start + at];
          weighted += data[start + at] * row[at];
        }
        return total ? weighted / total : 0;
      }),
    ),
  );
};
