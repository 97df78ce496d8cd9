"""Train an explainer, which predicts the Shapley values of all patches in one pass (`vit.explain.amortised`)."""
