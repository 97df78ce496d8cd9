"""A first patch embedding that knows what patches look like: their principal components, brought to one size.

Neighbouring pixels are nearly equal, so that pixel by pixel most of a patch is one number told again and again, and a
fresh embedding has to learn that first. Whitened inputs learn sooner (LeCun et al. 1998, "Efficient BackProp",
section 4.3; for a network's first layer Page 2018, "How to train your ResNet", part 8).
"""

from __future__ import annotations

import torch
from torch import Tensor

from train.data.dataset import Digits
from vit.model import VisionTransformer

IMAGES = 10_000  # from which the patches are taken
FAINT = 0.1  # of the largest variance: components with less are damped, for they are mostly noise
LEAST = 1e-6  # variance, for images that are all alike


@torch.no_grad()
def whiten(model: VisionTransformer, digits: Digits, size: float, seed: int) -> None:
    """Begin the patch embedding of `model` with the whitened patches of `digits`, turned at random.

    A component of much variance comes out with the standard deviation `size`; the mean patch becomes zero. Where the
    model is wider than a patch has pixels, all components are kept, else the strongest.
    """
    mean, components = principal(patches_of(model, digits))  # (C*P*P,), (components, C*P*P)
    proj = model.patch_embed.proj
    components = components[: proj.out_features]
    generator = torch.Generator().manual_seed(seed)
    turn = torch.linalg.qr(torch.randn(proj.out_features, proj.out_features, generator=generator))[0]
    weight = size * turn[:, : len(components)] @ components  # (D, C*P*P)
    proj.weight.copy_(weight)
    proj.bias.copy_(-weight @ mean)


def patches_of(model: VisionTransformer, digits: Digits) -> Tensor:
    """Return the normalised patches (n, C*P*P) of the first images."""
    images = digits.images[:IMAGES, None].float().cpu() / 255
    return model.patch_embed.patches((images - model.config.mean) / model.config.std).flatten(0, 1)


def principal(patches: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean patch and the components that whiten, the strongest first, one a row."""
    variances, directions = torch.linalg.eigh(patches.T.cov().reshape(patches.shape[1], -1))
    damped = variances + FAINT * variances[-1]
    scaled = directions / damped.clamp(min=LEAST).sqrt()
    return patches.mean(dim=0), scaled.T.flip(0)
