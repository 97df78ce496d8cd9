/* The numbers of a race in words. */
import { percent } from "../../web/format.js";
import { decimal, grouped, t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";

export const NAMES = { vit: "ViT", cnn: "CNN", mlp: "MLP" };

/* What was done to the test digits, by the names in train/families/changes.py. */
export const CHANGES = {
  clean: t("as they are"),
  "moved by 2 pixels": t("moved by 2 pixels"),
  "moved by 3 pixels": t("moved by 3 pixels"),
  stretched: t("stretched"),
  turned: t("turned by 20 degrees"),
  "patches shuffled": t("patches shuffled"),
};

export const weightsText = ({ weights }) => t("{count} parameters", { count: grouped(weights) });

/* What a network reads in the drawing: the digit, and how sure it is. */
export const readText = (probs) => t("{share} sure", { share: percent(Math.max(...probs)) });

export const accuracyText = ({ points }) => {
  const [, seconds, share] = points.at(-1);
  return t("{share} right, {n} s", { share: percent(share), n: decimal(seconds, 1) });
};

/* How it ended: who reads most, and what shuffled patches leave of it. */
export const endText = (networks) => {
  const clean = networks.map(({ results }) => results.clean),
    best = networks[argmax(clean)];
  const left = Object.fromEntries(networks.map(({ name, results }) => [name, percent(results["patches shuffled"])]));
  return t(
    "The {best} reads most test digits right: {share}. With their patches shuffled, the ViT still reads {vit}, the CNN {cnn}, the MLP {mlp}.",
    { best: NAMES[best.name], share: percent(best.results.clean), ...left },
  );
};
