"""Interactions of all sets of patches, and a short account of a prediction: the few that explain most of it.

The Moebius transform (Harsanyi dividends; Harsanyi 1963, Grabisch and Roubens 1999) writes v, the log-odds of every
subset, as a sum: each set T has an interaction a(T) that counts when all of T is visible, v(S) = sum of a(T), T in S.

That sum is exact with all 2**n interactions, and poor with few: a(T) says what T does when nothing else is visible, and
the interactions of larger sets correct it. Of a model's table, the five largest alone often have an R squared far below
0. So a short account chooses its sets and fits their values together:

- Least squares over all subsets with equal weights, as in the best approximations of a given order (Hammer and Holzman
  1992). The values are those of this account: another choice of sets would give the same set another value.
- Which sets: forward selection. Each step takes the set that lowers the remaining squares most once all values are
  fitted again (orthogonal least squares; Chen, Billings and Luo 1989). A set can be chosen once the account has it
  without one of its patches (weak heredity; Chipman 1996). Else a pair can stand for two patches that do not interact:
  their sum is closer to "both" than to either. Another choice may be better: not all are tried.
- Why not the Walsh-Hadamard transform, whose k largest terms are the best k because they are orthogonal: a term says
  whether the number of visible patches in a set is odd, which is no reason that anybody would give. It is the
  reference: `train.benchmarks.interactions` compares the number of terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vit.explain.coalitions import num_maskable, sizes

DEPENDENT = 1e-9  # share of its squares below which a column is a sum of the chosen ones, but for rounding
TIE = 1e-9  # relative difference of two gains that is only rounding
NOTHING = 1e-12  # share of all squares; a set that explains less than this explains nothing


@dataclass(frozen=True)
class Account:
    """A short account: `start`, plus the value of each set whose patches are all visible.

    Attributes:
        start: value with no set complete, in nats.
        sets: the chosen sets as subset numbers, the first choice first.
        values: (k,), what each set adds, in nats.
    """

    start: float
    sets: list[int]
    values: Tensor

    def table(self, n: int) -> Tensor:
        """Return what the account says of all subsets of n patches, (2**n,)."""
        interactions = self.values.new_zeros(2**n)
        interactions[self.sets] = self.values
        interactions[0] = self.start
        return inverse_moebius(interactions)


@dataclass(frozen=True)
class Selection:
    """Sets in the order of their choice, and the R squared (k,) of the account with the first 1, 2, ... of them."""

    sets: list[int]
    r_squared: Tensor

    def terms_for(self, r_squared: float) -> int | None:
        """Return the number of sets that reach this R squared; None if all together do not."""
        return first_at_least(self.r_squared, r_squared)


def moebius(values: Tensor) -> Tensor:
    """Return the interaction a(T) of every set T, (2**n,), from v (2**n,).

    a(T) is the sum of (-1)**(|T| - |S|) v(S) over the subsets S of T. Of a single patch it is what the patch adds to
    nothing; of a pair, what the two add together beyond what each adds alone.
    """
    interactions = values.clone()
    for patch in range(num_maskable(values)):
        without, present = interactions.view(-1, 2, 2**patch).unbind(1)
        present -= without
    return interactions


def inverse_moebius(interactions: Tensor) -> Tensor:
    """Return v (2**n,): for every subset, the sum of the interactions (2**n,) of the sets in it."""
    values = interactions.clone()
    for patch in range(num_maskable(values)):
        without, present = values.view(-1, 2, 2**patch).unbind(1)
        present += without
    return values


def walsh_hadamard(values: Tensor) -> Tensor:
    """Return the Walsh-Hadamard coefficients (2**n,): of set T, the mean of v(S) times -1 for each patch of T in S."""
    coefficients = values.clone()
    for patch in range(num_maskable(values)):
        without, present = coefficients.view(-1, 2, 2**patch).unbind(1)
        both, difference = without + present, without - present
        without.copy_(both / 2)
        present.copy_(difference / 2)
    return coefficients


def choose_sets(values: Tensor, most: int, enough: float = 1.0) -> Selection:
    """Choose up to `most` sets by forward selection, from v (2**n,); stop at the R squared `enough`.

    A single patch can be chosen at any step, a larger set only when it is a chosen set and one patch more.

    The column of set T is 1 for the subsets that contain T. All products of two columns are known in advance: the
    subsets with both number 2**(n - |S or T|). So a step costs no more than one product with the steps before.
    """
    size, total = sizes(num_maskable(values)), (values - values.mean()).square().sum()
    products = sums_over_supersets(values - values.mean())  # (2**n,), of what is not yet explained with every column
    squares = own_products(size).to(values)  # (2**n,), of every column without what the chosen ones explain
    smallest, allowed = DEPENDENT * squares, size == 1
    steps, sets, explained = values.new_empty(most, len(values)), [], []
    while len(sets) < most and sum(explained) < enough:
        gains = torch.where(allowed & (squares > smallest), products.square() / squares, 0)  # (2**n,)
        if gains.max() <= NOTHING * total:
            break
        chosen, earlier = first_of_best(gains, size), steps[: len(sets)]
        step = joint_products(size, chosen).to(values) - earlier[:, chosen] @ earlier
        step /= squares[chosen].sqrt()
        explained.append(float(gains[chosen] / total))
        products -= products[chosen] / squares[chosen].sqrt() * step
        squares -= step.square()
        steps[len(sets)] = step
        sets.append(chosen)
        allowed[chosen | 1 << torch.arange(num_maskable(values))] = True
    return Selection(sets, torch.tensor(explained, dtype=values.dtype).cumsum(0))


def own_products(size: Tensor) -> Tensor:
    """Return the squares (2**n,) of every column without its mean, from the sizes (2**n,) of the sets."""
    share = 0.5 ** size.double()  # of the subsets that contain the set
    return len(size) * share * (1 - share)


def joint_products(size: Tensor, chosen: int) -> Tensor:
    """Return the product of the column of `chosen` with every column, both without their means, (2**n,)."""
    share = 0.5 ** size.double()
    return len(size) * (share[torch.arange(len(size)) | chosen] - share * share[chosen])


def first_of_best(gains: Tensor, size: Tensor) -> int:
    """Return the set of the largest gain (2**n,); of equal ones the smallest, then the first."""
    best = (gains >= gains.max() * (1 - TIE)).nonzero()[:, 0]
    return int(best[size[best].argmin()])


def sums_over_supersets(values: Tensor) -> Tensor:
    """Return for every set the sum of v (2**n,) over the subsets that contain it, (2**n,)."""
    return inverse_moebius(values.flip(0)).flip(0)  # the complement of a set is its number from the end


def fit_account(values: Tensor, sets: list[int]) -> Account:
    """Fit the values of these sets to v (2**n,), by least squares over all subsets."""
    n, k = num_maskable(values), len(sets)
    chosen = torch.tensor([0, *sets])  # the empty set is in every subset: its value is the start
    products = 2.0 ** (n - sizes(n)[chosen[:, None] | chosen])  # (1 + k, 1 + k), of two columns
    fitted = torch.linalg.solve(products.to(values), sums_over_supersets(values)[chosen])  # (1 + k,)
    return Account(float(fitted[0]), list(sets), fitted[1 : 1 + k])


def r_squared(values: Tensor, predicted: Tensor) -> float:
    """Return the share of the squares of v (2**n,) that a prediction explains; below 0, the mean of v is better."""
    return 1 - float((values - predicted).square().sum() / (values - values.mean()).square().sum())


def best_terms(coefficients: Tensor) -> Tensor:
    """Return the R squared (2**n - 1,) of the best 1, 2, ... Walsh-Hadamard coefficients (2**n,) beside the mean."""
    squares = coefficients[1:].square().sort(descending=True).values
    return squares.cumsum(0) / squares.sum()


def first_at_least(r_squared: Tensor, wanted: float) -> int | None:
    """Return how many terms of a curve of R squared (k,) reach the wanted one; None if none does."""
    reached = (r_squared >= wanted).nonzero()
    return int(reached[0, 0]) + 1 if len(reached) else None
