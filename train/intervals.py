"""Confidence interval of a measured share."""

from __future__ import annotations

import scipy  # scipy.stats, slow to import, loads on first use


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson 95 % confidence interval for a proportion (Wilson 1927).

    Args:
        share: of the trials that succeeded, in [0, 1].
        count: trials.
    """
    found = scipy.stats.binomtest(round(share * count), count).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)
