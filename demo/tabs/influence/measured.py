"""What unlearning does on average: `python -m train.influence`, in docs/results.md."""

from __future__ import annotations

from typing import Any

# Means over as many test `digits`, each with its 95 % interval: changes of the log-odds in nats, for each way of
# unlearning by group; `difference` is that of the supporters and of digits at random with the same label.
MEASURED: dict[str, dict[str, Any]] = {
    "digits-4x4": {
        "digits": 50,
        "ways": {
            "length": {
                "supporters": (-2.50, -2.83, -2.17),
                "nearest": (-5.62, -5.91, -5.35),
                "hardest": (-1.88, -2.13, -1.64),
                "same_label": (-2.06, -2.37, -1.73),
                "random": (-0.41, -0.57, -0.25),
                "difference": (-0.43, -0.81, -0.09),
            },
            "rate": {
                "supporters": (-0.50, -0.55, -0.45),
                "nearest": (0.00, 0.00, 0.00),
                "hardest": (-0.39, -0.43, -0.35),
                "same_label": (0.00, 0.00, 0.00),
                "random": (0.00, 0.00, 0.00),
                "difference": (-0.50, -0.55, -0.44),
            },
        },
    },
}
