"""List of all explanation methods: title, claim and function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from vit.explain.attention import attention
from vit.explain.gradient import gradient, integrated_gradients
from vit.explain.occlusion import occlusion
from vit.explain.relevance import relevance
from vit.explain.rollout import rollout
from vit.explain.shapley import shapley
from vit.model import VisionTransformer

Explain = Callable[[VisionTransformer, Tensor, int], Tensor]  # model, image (C, H, W), target -> (G, G)


@dataclass(frozen=True)
class Method:
    """An explanation method: a map of how much each patch matters.

    Attributes:
        title: usual name of the method.
        claim: what a high value of its map means, in one sentence.
        ask: computes the map (G, G).
        signed: True for log-odds for and against the target, False for weights >= 0.
        asks_for_target: whether the map depends on the target.
    """

    title: str
    claim: str
    ask: Explain
    signed: bool
    asks_for_target: bool = True


def _attention(model: VisionTransformer, image: Tensor, _target: int) -> Tensor:
    return attention(model, image)


def _rollout(model: VisionTransformer, image: Tensor, _target: int) -> Tensor:
    return rollout(model, image)


def _occlusion_erased(model: VisionTransformer, image: Tensor, target: int) -> Tensor:
    return occlusion(model, image, target, "erased")


def _shapley_erased(model: VisionTransformer, image: Tensor, target: int) -> Tensor:
    return shapley(model, image, target, "erased")


METHODS = {
    "attention": Method("attention", "The model looked here in the last layer.", _attention, False, False),
    "rollout": Method("rollout", "Attention led from here to the answer, layer by layer.", _rollout, False, False),
    "relevance": Method("relevance", "Attention to this patch helped the digit.", relevance, False),
    "gradient": Method("input x gradient", "A little more of this patch would help the digit.", gradient, True),
    "integrated_gradients": Method(
        "integrated gradients",
        "On the way from a blank sheet, this patch helped the digit.",
        integrated_gradients,
        True,
    ),
    "occlusion_unseen": Method(
        "leave one out, unseen", "The log-odds fall when only this patch is unseen.", occlusion, True
    ),
    "occlusion_erased": Method(
        "leave one out, erased", "The log-odds fall when only this patch is erased.", _occlusion_erased, True
    ),
    "shapley_unseen": Method("Shapley, unseen", "This much of the answer is due to seeing this patch.", shapley, True),
    "shapley_erased": Method(
        "Shapley, erased", "This much of the answer is due to the ink here.", _shapley_erased, True
    ),
}

# The methods that compute exact Shapley values, each with its mask mode.
VALUES = {"shapley_unseen": "unseen", "shapley_erased": "erased"}
