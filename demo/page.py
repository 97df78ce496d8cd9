"""What the tabs share: the page, its pad, its visitor."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo import models
from demo.requests import Reader
from demo.training.training_queue import Jobs

# `job` is the visitor's last training, `reads` the one whose model reads for them; both are ids, or None.
NOTHING_YET = {"job": None, "reads": None, "linked": None}

# How an event of the page reaches its function. Through Gradio's queue: an error is shown, and one visitor is answered
# after another. But answers come over a stream; on a slow machine Gradio's client may close it too early, and then the
# event never ends. In a request of its own that cannot happen: for all that never fails, and for polls above all.
QUEUED: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
DIRECT: dict[str, Any] = QUEUED | {"queue": False}


@dataclass(frozen=True)
class Shared:
    """The parts of the page that tabs use.

    Attributes:
        page: the page that is being built.
        reader: answers requests for readings.
        jobs: the trainings of all visitors.
        pad: set its value to `{"model": token}` and it reads with that model.
        mine: what this visitor's browser remembers, as `NOTHING_YET`.
        timer: ticks while the visitor's training runs, whichever tab is open.
    """

    page: gr.Blocks
    reader: Reader
    jobs: Jobs
    pad: gr.HTML
    mine: gr.BrowserState
    timer: gr.Timer


def reads_with(token: str, remembered: bool = False) -> dict[str, Any]:
    """Return the value that makes the pad read with a model; the time makes every wish a new one.

    One that the browser only `remembered` gives way to what the visitor has chosen on this page.
    """
    return {"model": token, "remembered": remembered, "asked": time.time_ns()}


def taught(mine: object, event: gr.EventData) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the pad read with a model that has learned in a view, or again with the one before; remember the choice."""
    token = str((event._data or {}).get("model"))
    known = mine if isinstance(mine, dict) else {}
    return {**known, "reads": None if token in models.shipped() else token}, reads_with(token)
