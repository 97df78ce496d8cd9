"""Answers of tab "Race": start one, follow it, read the drawing with its networks, and ask them why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers
from demo.training.training_queue import Jobs
from train.families.erased import erased_values
from train.families.network import Classifier

GONE = "This race is no longer stored. Start another one."
EXACT_UP_TO = 12  # patches with ink: each more doubles the time, about 2 seconds for three networks


class RaceServer:
    """The races of all visitors: who has the id of one may follow and stop it."""

    def __init__(self, reader: Reader, jobs: Jobs) -> None:
        self.reader, self.jobs = reader, jobs

    @errors_as_answers
    def start(self, _payload: Payload) -> Payload:
        """Queue a race; answer with its id as `job`, or `error`."""
        try:
            return {"job": self.jobs.start_race()}
        except ValueError as error:
            return {"error": f"Not started: {error}."}

    @errors_as_answers
    def follow(self, payload: Payload) -> Payload:
        """Answer with the state of the race `job`; each network also reads `drawing`, if there is one."""
        state, networks = self.race(payload)
        drawing = payload.get("drawing")
        if drawing is None or not networks:
            return state
        image = self.image(drawing)
        for one in state["networks"]:
            one["probs"] = [round(share, 5) for share in probs(networks[one["name"]], image)]
        return state

    @errors_as_answers
    def why(self, payload: Payload) -> Payload:
        """Answer with the erased Shapley values (G, G) of each network for the class that it reads in `drawing`."""
        _, networks = self.race(payload)
        image = self.image(payload.get("drawing"))
        return {"maps": {name: explained(network, image) for name, network in networks.items()}}

    @errors_as_answers
    def stop(self, payload: Payload) -> Payload:
        """End the race `job` at its next step."""
        self.race(payload)
        self.jobs.stop(payload["job"])
        return {}

    def race(self, payload: Payload) -> tuple[dict[str, Any], Mapping[str, Classifier]]:
        """Return the state and the networks of the race that a payload names; a `ValueError` if there is none."""
        job = payload.get("job")
        found = self.jobs.race(job) if isinstance(job, str) else None
        if found is None:
            raise ValueError(GONE)
        return found

    def image(self, drawing: Any) -> Tensor:
        """Return the image (1, 28, 28) of a drawing; errors as in `Reader.image`."""
        return torch.from_numpy(self.reader.image(drawing))[None]


@torch.inference_mode()
def probs(network: Classifier, image: Tensor) -> list[float]:
    """Return the probabilities (K,) that a network reads in an image (1, 28, 28)."""
    return network(image[None])[0].softmax(dim=0).tolist()


def explained(network: Classifier, image: Tensor) -> Payload:
    """Return the class that a network reads, the values of the patches for it, and whether they are exact."""
    shares = probs(network, image)
    digit = max(range(len(shares)), key=shares.__getitem__)
    values, exact = erased_values(network, image, digit, EXACT_UP_TO)
    return {"digit": digit, "values": serialize.pack(values, "f32"), "exact": exact}
