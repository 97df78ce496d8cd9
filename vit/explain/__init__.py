"""Explanations of a prediction: one method a file, all pure functions of a model and an image."""

from vit.explain.attention import attention
from vit.explain.gradient import completeness_gap, gradient, integrated_gradients
from vit.explain.logit_lens import lens
from vit.explain.occlusion import occlusion
from vit.explain.relevance import relevance
from vit.explain.rollout import rollout
from vit.explain.shapley import shapley

__all__ = [
    "attention",
    "completeness_gap",
    "gradient",
    "integrated_gradients",
    "lens",
    "occlusion",
    "relevance",
    "rollout",
    "shapley",
]
