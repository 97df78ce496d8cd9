/* A wish of one part of the tab to another one: compare the training `id` with an earlier one. */
import { on, tell } from "../../web/bus.js";

export const wishComparison = (id) => tell("compare-training", id);

export const onComparisonWish = (listener) => on("compare-training", listener);
