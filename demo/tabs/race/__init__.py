"""Tab "Race": a ViT, a CNN and an MLP learn from the same batches, and are then asked why by the same method."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.race.server import RaceServer

TITLE = "Race"
QUESTION = "Would another network do better?"  # the heading of view.html
TASK = "Start the race, and watch which network reads your drawing right first."


def build(shared: Shared) -> None:
    """Build the tab."""
    race = RaceServer(shared.reader, shared.jobs)
    component(__file__, "race", [race.start, race.follow, race.why, race.stop])
