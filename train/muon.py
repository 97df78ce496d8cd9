"""Muon for all matrices of a model at once: one batched product makes all updates of one shape orthogonal.

PyTorch's own Muon goes through the matrices one by one, which for a small model means hundreds of tiny operations, and
it treats queries, keys and values, which are stored together, as one matrix. Here each is a matrix of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

# The coefficients of a polynomial that pulls every singular value in (0, 1] towards 1 (Jordan et al. 2024).
LINEAR, CUBIC, QUINTIC = 3.4445, -4.7750, 2.0315
ADAMW_RMS = 0.2  # the root mean square of AdamW's updates (Liu et al. 2025, section 2.2)


class Muon(Optimizer):
    """Optimizer that steps along the orthogonalised momentum (Jordan et al. 2024), with updates as large as AdamW's.

    Args:
        matrices: parameters (rows, columns).
        stacked: parameters that hold several matrices of one size, one below the other, and their number.
        lr: learning rate, of the size that AdamW needs, because the updates have the same root mean square.
        weight_decay: decoupled, a share of `lr`.
        momentum: of the running mean of the gradients, with Nesterov's look-ahead.
        ns_steps: Newton-Schulz steps towards the orthogonal matrix.
        dtype: of these steps; bfloat16 is precise enough.
    """

    def __init__(
        self,
        matrices: Iterable[Tensor],
        stacked: Iterable[tuple[Tensor, int]] = (),
        *,
        lr: float,
        weight_decay: float,
        momentum: float = 0.9,
        ns_steps: int = 3,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        groups = [{"params": [weight], "parts": parts} for weight, parts in stacked]
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "ns_steps": ns_steps, "parts": 1}
        super().__init__([{"params": list(matrices)}, *groups], defaults)
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002 (as PyTorch calls it)
        """Update every matrix once."""
        sizes = defaultdict(list)  # (shorter side, longer side) -> matrices and their updates, as (s, l)
        for group in self.param_groups:
            for weight in group["params"]:
                update = self.nesterov(weight, weight.grad, group["momentum"])
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                for part, direction in zip(weight.chunk(group["parts"]), update.chunk(group["parts"]), strict=True):
                    wide = part.shape[0] <= part.shape[1]
                    pair = (part, direction) if wide else (part.mT, direction.mT)
                    sizes[tuple(pair[0].shape)].append(pair)
        for (_, longer), pairs in sizes.items():
            weights, directions = zip(*pairs, strict=True)
            steps = orthogonal(torch.stack(directions), self.param_groups[0]["ns_steps"], self.dtype)
            length = -self.param_groups[0]["lr"] * ADAMW_RMS * longer**0.5
            torch._foreach_add_(weights, steps.unbind(), alpha=length)

    def nesterov(self, weight: Tensor, gradient: Tensor, momentum: float) -> Tensor:
        """Update the running mean of the gradients, and return its Nesterov look-ahead."""
        state = self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        mean = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(mean, momentum)


def orthogonal(matrices: Tensor, steps: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Orthogonalise matrices (n, rows, columns), rows <= columns, with Newton-Schulz steps: singular values go to 1."""
    X = (matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(dtype)
    for _ in range(steps):
        square = X @ X.mT  # (n, rows, rows)
        X = torch.baddbmm(X, torch.baddbmm(square, square, square, beta=CUBIC, alpha=QUINTIC), X, beta=LINEAR)
    return X.to(matrices.dtype)
