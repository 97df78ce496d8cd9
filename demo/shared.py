"""What every tab may use."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from demo.jobs import Jobs
from demo.reader import Reader


@dataclass(frozen=True)
class Shared:
    """The page, its pad, the visitor's own training, and who answers requests."""

    page: gr.Blocks
    reader: Reader
    jobs: Jobs
    pad: gr.HTML
    mine: gr.BrowserState
