"""Two habits of Gradio that cost processor time or memory all day, and that this page does not need."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
from gradio import state_holder
from gradio.state_holder import SessionState

IDLE_PAUSE = 0.05  # seconds


def rested(page: gr.Blocks) -> gr.Blocks:
    """Let Gradio's queue look for new events 20 times a second, not 1,000: that took 5 % of a core all day.

    Readings do not pass through the queue; it holds the buttons and polls of trainings.
    """
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = IDLE_PAUSE
    return page


class LightSession(SessionState):
    """A visitor's state without a copy of the page's configuration.

    Gradio makes this copy for links of its own kind (`gr.DeepLinkButton`), which this page does not have. It takes 0.2
    MB and 25 ms for each visitor. A component that an event changes is still added.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        """Start with the components of the page as they were built; `blocks` is the page."""
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))  # type: ignore[arg-type]


def use_light_sessions() -> None:
    """Let Gradio keep a `LightSession` for each visitor from now on."""
    state_holder.SessionState = LightSession
