"""What unlearning does on average: `python -m train.influence`, in docs/results.md."""

from __future__ import annotations

from typing import Any

# Means over as many test `digits`, each with its 95 % interval: changes of the log-odds in nats, for each way of
# unlearning by group; `difference` is that of the supporters and of digits at random with the same label.
MEASURED: dict[str, dict[str, Any]] = {
    "digits-4x4": {
        "digits": 43,
        "ways": {
            "length": {
                "supporters": (-2.80, -3.23, -2.41),
                "nearest": (-5.76, -6.11, -5.43),
                "hardest": (-2.14, -2.49, -1.83),
                "same_label": (-2.31, -2.67, -1.95),
                "random": (-0.23, -0.44, -0.04),
                "difference": (-0.49, -0.99, -0.01),
            },
            "rate": {
                "supporters": (-0.54, -0.62, -0.46),
                "nearest": (0.00, -0.01, 0.00),
                "hardest": (-0.42, -0.49, -0.37),
                "same_label": (0.00, 0.00, 0.00),
                "random": (0.00, 0.00, 0.00),
                "difference": (-0.54, -0.62, -0.46),
            },
        },
    },
}
