"""Server function of links: one MNIST test digit by its place in the test set."""

from __future__ import annotations

from demo.requests import Payload, errors_as_answers, pack_sample, sample_place


@errors_as_answers
def sample(payload: Payload) -> Payload:
    """Answer with the test digit of `index`, or `error` with one sentence: only some of the 10,000 ship."""
    place = sample_place(payload.get("index"))
    if place is None:
        raise ValueError("This test digit does not ship with the page.")
    return pack_sample(place)
