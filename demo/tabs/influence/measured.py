"""What unlearning does on average: `python -m train.influence --digits 50`, in docs/results.md."""

from __future__ import annotations

from typing import Any

# Means over as many test `digits`, each with its 95 % interval: changes of the log-odds in nats, for each way of
# unlearning by group; `difference` is that of the supporters and of digits at random with the same label.
MEASURED: dict[str, dict[str, Any]] = {
    "digits-4x4": {
        "digits": 30,
        "ways": {
            "length": {
                "supporters": (-2.93, -3.43, -2.51),
                "nearest": (-5.75, -6.08, -5.42),
                "hardest": (-2.24, -2.67, -1.88),
                "same_label": (-2.39, -2.83, -1.93),
                "random": (-0.17, -0.46, 0.06),
                "difference": (-0.54, -1.20, 0.03),
            },
            "rate": {
                "supporters": (-0.57, -0.68, -0.47),
                "nearest": (-0.00, -0.01, -0.00),
                "hardest": (-0.45, -0.54, -0.38),
                "same_label": (-0.00, -0.00, -0.00),
                "random": (-0.00, -0.00, 0.00),
                "difference": (-0.56, -0.68, -0.47),
            },
        },
    },
}
