"""Figure of what patches of every size cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from train.evaluation.patch_costs import Cost


def patch_costs(costs: Sequence[Cost]) -> Figure:
    """Draw what patches of each size cost: time, memory and parameters, as multiples of the first, over the tokens."""
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    tokens = np.array([cost.num_tokens for cost in costs])
    rows = {"time for one image": "seconds", "memory": "bytes", "parameters": "num_params"}
    for (label, name), marker in zip(rows.items(), "os^", strict=True):
        values = np.array([getattr(cost, name) or np.nan for cost in costs], dtype=float)
        axes.plot(tokens, values / values[0], marker=marker, label=label)
    axes.plot(tokens, (tokens / tokens[0]) ** 2, "k:", label="n²")
    axes.set(xscale="log", yscale="log", xlabel="patches, and cls", ylabel=f"times that of {tokens[0] - 1} patches")
    axes.set_xticks(tokens, [f"{count - 1:,}" for count in tokens])
    axes.minorticks_off()
    axes.legend(frameon=False)
    return figure
