"""Confidence interval of a measured share."""

from __future__ import annotations

import scipy  # scipy.stats, slow to import, loads on first use

LEVEL = 0.9500042097035591  # of 1.96 standard deviations, with which the shipped checkpoints were measured


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson 95 % confidence interval for a proportion (Wilson 1927).

    Args:
        share: of the trials that succeeded, in [0, 1].
        count: trials.
    """
    found = scipy.stats.binomtest(round(share * count), count).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)
