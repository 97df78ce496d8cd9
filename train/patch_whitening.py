"""Initialise the patch embedding with whitened principal components of the patches.

Neighbouring pixels are nearly equal, so most of a patch's pixels repeat one number, and a random embedding must first
learn that. Training on whitened inputs is faster (LeCun et al. 1998, "Efficient BackProp", section 4.3; for a first
layer Page 2018, "How to train your ResNet", part 8).
"""

from __future__ import annotations

import torch
from torch import Tensor

from train.data.dataset import Digits
from vit.model import VisionTransformer

MAX_IMAGES = 10_000  # from which the patches are taken
DAMPING = 0.1  # of the largest variance: components with less are damped, because they are mostly noise
MIN_VARIANCE = 1e-6  # for images that are all equal


@torch.no_grad()
def whiten(model: VisionTransformer, digits: Digits, size: float, seed: int) -> None:
    """Set the patch embedding of `model` to the whitening of the patches of `digits`, followed by a random rotation.

    Strong components get the standard deviation `size`, and the mean patch becomes zero. Where the model is narrower
    than a patch has pixels, the weakest components are left out.
    """
    mean, components = whitening_components(normalised_patches(model, digits))  # (C*P*P,), (components, C*P*P)
    proj = model.patch_embed.proj
    components = components[: proj.out_features]
    generator = torch.Generator().manual_seed(seed)
    rotation = torch.linalg.qr(torch.randn(proj.out_features, proj.out_features, generator=generator))[0]
    weight = size * rotation[:, : len(components)] @ components  # (D, C*P*P)
    proj.weight.copy_(weight)
    proj.bias.copy_(-weight @ mean)


def normalised_patches(model: VisionTransformer, digits: Digits) -> Tensor:
    """Return the patches (n, C*P*P) of the first images, normalised as the model does."""
    images = digits.images[:MAX_IMAGES, None].float().cpu() / 255
    return model.patch_embed.patches((images - model.config.mean) / model.config.std).flatten(0, 1)


def whitening_components(patches: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean patch (C*P*P,) and the scaled principal components, strongest first, one a row."""
    variances, directions = torch.linalg.eigh(patches.T.cov().reshape(patches.shape[1], -1))
    damped = variances + DAMPING * variances[-1]
    scaled = directions / damped.clamp(min=MIN_VARIANCE).sqrt()
    return patches.mean(dim=0), scaled.T.flip(0)
