"""The page: a shared column that stays, the tabs beside it, and how it is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import torch

from demo import api
from demo.components import bars, pad, sight
from demo.jobs import Jobs
from demo.reader import SHIPPED, Reader, shipped
from demo.shared import Shared
from demo.tabs import TABS
from vit.checkpoint import ASSETS

TITLE = "Inkling: a vision transformer that you can touch"
WELCOME = """
# Inkling
Draw a digit. A small vision transformer reads it while you draw; look inside it, and train your own.
"""


def build(data_folder: str = "data") -> gr.Blocks:
    """Build the whole page; MNIST, should someone train, is kept in `data_folder`."""
    torch.set_num_threads(1)  # reading and training each take one, and do not fight over the cores
    shipped(SHIPPED)
    jobs = Jobs(data_folder)
    reader = Reader(jobs.model)
    examples = json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        mine = gr.BrowserState({"job": None, "used": False}, storage_key="inkling")
        gr.Markdown(WELCOME, elem_id="welcome")
        with gr.Row(elem_id="page"):
            with gr.Column(min_width=320, scale=4, elem_id="shared"):
                sheet = pad.build(reader.read, reader.sample, examples, SHIPPED)
                with gr.Row(elem_id="seen"):
                    with gr.Column(min_width=140):
                        sight.build()
                    with gr.Column(min_width=140):
                        bars.build()
            with gr.Column(min_width=320, scale=8, elem_id="tabs"), gr.Tabs():
                shared = Shared(page, reader, jobs, sheet, mine)
                for tab in TABS:
                    with gr.Tab(tab.TITLE):
                        tab.build(shared)
        api.build(reader)
    return page.queue(max_size=32, default_concurrency_limit=2)


def theme() -> gr.themes.Base:
    """Return the page's colours and fonts: the system's own fonts, and contrasts that can be read (WCAG AA)."""
    soft = gr.themes.Soft(
        primary_hue="orange",
        secondary_hue="sky",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    changes = {
        "body_text_color_subdued": "*neutral_600",
        "body_text_color_subdued_dark": "*neutral_300",
        "block_title_text_color": "*body_text_color",
        "block_title_background_fill": "none",
        "block_title_padding": "0",
        "button_primary_background_fill": "*primary_700",
        "button_primary_background_fill_hover": "*primary_800",
        "checkbox_label_background_fill_selected": "*primary_100",
        "checkbox_label_text_color_selected": "*neutral_900",
        "button_secondary_background_fill_hover_dark": "*neutral_500",
        "input_border_width": "1px",
        "input_border_color": "*neutral_300",
        "block_border_width": "1px",
    }
    # A dark value is a light one's unless it is said; these are the same on purpose.
    same = ("block_title_text_color", "block_title_background_fill", "button_primary_background_fill")
    return soft.set(**changes, **{f"{name}_dark": changes[name] for name in same})


def launch_options() -> dict[str, Any]:
    """Return how the page is served; host and port are left to the environment (GRADIO_SERVER_NAME and _PORT)."""
    return {
        "theme": theme(),
        "css_paths": Path(__file__).with_name("page.css"),
        "favicon_path": ASSETS / "favicon.png",
        "ssr_mode": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": ["api"],
        "max_file_size": "10mb",
        "max_threads": 16,
        "state_session_capacity": 500,
        "strict_cors": True,
        "allowed_paths": [],
        "pwa": False,
    }
