"""What unlearning does on average: `python -m train.influence`, in docs/results.md."""

from __future__ import annotations

from typing import Any

# Means over as many test `digits`, each with its 95 % interval: changes of the log-odds in nats, for each way of
# unlearning by group; `difference` is that of the supporters and of digits at random with the same label.
MEASURED: dict[str, dict[str, Any]] = {
    "digits-4x4": {
        "digits": 35,
        "ways": {
            "length": {
                "supporters": (-2.86, -3.33, -2.46),
                "nearest": (-5.68, -5.99, -5.37),
                "hardest": (-2.21, -2.59, -1.88),
                "same_label": (-2.40, -2.83, -1.98),
                "random": (-0.25, -0.51, -0.02),
                "difference": (-0.46, -1.02, 0.06),
            },
            "rate": {
                "supporters": (-0.55, -0.66, -0.47),
                "nearest": (0.00, -0.01, 0.00),
                "hardest": (-0.44, -0.52, -0.37),
                "same_label": (0.00, 0.00, 0.00),
                "random": (0.00, 0.00, 0.00),
                "difference": (-0.55, -0.65, -0.46),
            },
        },
    },
}
