"""Cost of a patch size, measured on this machine for the model that reads."""

from __future__ import annotations

from demo.requests import Payload, Reader, errors_as_answers
from demo.training.training_queue import Jobs
from train.evaluation.patch_costs import PATCH_SIZES, patch_costs

SECONDS = 0.6  # for one patch size, about
BUSY = "A training runs, so times would be wrong. Measure again when it has ended."


class MeasuredCosts:
    """Request of the view; each measures one size, and none while a training runs."""

    def __init__(self, reader: Reader, jobs: Jobs) -> None:
        self.reader, self.jobs = reader, jobs

    @errors_as_answers
    def measure(self, payload: Payload) -> Payload:
        """Measure a training step on one image with the architecture of `model` and another `patch_size`.

        Returns:
            `seconds` of a forward and backward pass for one image, None if it needs too much memory; `bytes` that
            these save; `num_params`; and `quadratic`, the share of the multiplications that grows with the square of
            the tokens.
        """
        size, config = payload.get("patch_size"), self.reader.loaded(payload.get("model")).model.config
        if type(size) is not int or size not in PATCH_SIZES:
            raise ValueError(f"patch_size must be one of {', '.join(map(str, PATCH_SIZES))}, got {str(size)[:20]}")
        with self.jobs.alone() as free:
            if not free:
                raise ValueError(BUSY)
            (cost,) = patch_costs(config, [size], seconds=SECONDS)
        names = ("seconds", "bytes", "num_params", "quadratic")
        return {name: getattr(cost, name) for name in names}
