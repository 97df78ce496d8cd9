"""Fit the head again without a few digits: what an answer is if the head never learned from them.

The blocks keep their weights, so that the fit is logistic regression on the head's inputs: convex, with one optimum
that does not depend on a start or an order of the digits. It is the ground truth of leaving out, for the head alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from train.influence.features import Features, errors_of
from train.influence.tracin import log_odds, logit_gradient
from vit.model import VisionTransformer

PENALTY = 1.0  # times half the squared weights, against the sum of the losses: as scikit-learn's `C=1`
NEWTON_STEPS = 30
SMALLEST = 1e-6  # share of a Newton step
TOLERANCE = 1e-6  # norm of the gradient of the sum of all losses, at which a fit ends


@dataclass(frozen=True, eq=False)
class HeadFit:
    """The head that fits all digits best, and what is needed to leave some of them out.

    Attributes:
        rows: (n, D + 1), inputs of the head and a 1 for the bias, float64.
        labels: (n,).
        weights: (K, D + 1), the optimum.
        factor: (K * (D + 1), K * (D + 1)), Cholesky factor of the Hessian there.
    """

    rows: Tensor
    labels: Tensor
    weights: Tensor
    factor: Tensor

    def without(self, places: Tensor) -> Tensor:
        """Fit without the digits at `places` (m,): weights (K, D + 1).

        Newton's method with the Hessian of all digits: a few digits change it little, so that it converges fast.

        Raises:
            ValueError: it does not converge, because too many digits are left out.
        """
        stay = torch.ones(len(self.labels), dtype=torch.bool)
        stay[places] = False
        rows, labels, weights = self.rows[stay], self.labels[stay], self.weights
        for _ in range(20 * NEWTON_STEPS):
            gradient = gradient_of(weights, rows, labels)
            if gradient.norm() < TOLERANCE:
                return weights
            weights = weights - solve(self.factor, gradient)
        raise ValueError(f"the head does not fit without these {len(places)} digits")

    def influences(self, row: Tensor, target: int) -> Tensor:
        """Return the influence (n,) of each digit on the log-odds of `target` (Koh & Liang 2017, equation 2).

        Args:
            row: input of the head with its 1, (D + 1,).
        """
        gradient = logit_gradient(self.weights @ row, target)[:, None] * row  # (K, D + 1)
        direction = solve(self.factor, gradient)
        errors = errors_of(self.rows @ self.weights.T, self.labels)  # (n, K)
        return -(errors * (self.rows @ direction.T)).sum(dim=1)


def fit_head(model: VisionTransformer, features: Features, labels: Tensor) -> HeadFit:
    """Fit a head to all digits, from that of the model.

    Raises:
        ValueError: it does not converge.
    """
    rows = with_one(features.inputs)
    weights = torch.cat([model.head.weight, model.head.bias[:, None]], dim=1).detach().double()  # (K, D + 1)
    for _ in range(NEWTON_STEPS):
        gradient = gradient_of(weights, rows, labels)
        factor = torch.linalg.cholesky(hessian(weights, rows))
        if gradient.norm() < TOLERANCE:
            return HeadFit(rows, labels, weights, factor)
        weights = line_search(weights, solve(factor, gradient), gradient, rows, labels)
    raise ValueError("the head does not fit these digits")


def line_search(weights: Tensor, step: Tensor, gradient: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
    """Return the weights after the largest of the steps 1, 1/2, 1/4, ... that lowers the objective enough."""
    before, slope = objective(weights, rows, labels), (gradient * step).sum()
    size = 1.0
    while size > SMALLEST and objective(weights - size * step, rows, labels) > before - 1e-4 * size * slope:
        size /= 2
    return weights - size * step


def with_one(inputs: Tensor) -> Tensor:
    """Append to inputs (..., D) the 1 that the bias multiplies: (..., D + 1) float64."""
    return torch.cat([inputs.double(), torch.ones(*inputs.shape[:-1], 1, dtype=torch.float64)], dim=-1)


def objective(weights: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
    """Return the sum of the losses of all rows and the penalty, nats."""
    return F.cross_entropy(rows @ weights.T, labels, reduction="sum") + PENALTY / 2 * weights.square().sum()


def gradient_of(weights: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient (K, D + 1) of the objective."""
    return errors_of(rows @ weights.T, labels).T @ rows + PENALTY * weights


def hessian(weights: Tensor, rows: Tensor) -> Tensor:
    """Return the Hessian of the objective, (K * (D + 1), K * (D + 1)), classes outermost."""
    probs = (rows @ weights.T).softmax(dim=-1)  # (n, K)
    K, width = weights.shape
    whole = rows.new_empty(K, width, K, width)
    for k in range(K):
        for other in range(k + 1):
            factors = probs[:, k] * (float(k == other) - probs[:, other])  # (n,)
            whole[k, :, other] = rows.T @ (factors[:, None] * rows)
            whole[other, :, k] = whole[k, :, other]
    square = whole.reshape(K * width, K * width)
    return square + PENALTY * torch.eye(K * width, dtype=rows.dtype)


def solve(factor: Tensor, right: Tensor) -> Tensor:
    """Solve the system of a Cholesky factor for a matrix (K, D + 1) as one vector."""
    return torch.cholesky_solve(right.reshape(-1, 1), factor).reshape(right.shape)


def answer(weights: Tensor, row: Tensor, target: int) -> float:
    """Return the log-odds of `target` with a head's weights (K, D + 1), for a row (D + 1,)."""
    return log_odds(weights @ row, target).item()
