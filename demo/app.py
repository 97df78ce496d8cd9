"""The page: a shared column that stays, the tabs beside it, and how it is served."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

import gradio as gr
import torch
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from demo import api, glossary, in_python, languages, links, models, navigation, safety, tours
from demo.component import FOLDER, module_route
from demo.gradio_costs import rested, use_light_sessions
from demo.link_preview import LinkPreview
from demo.links.projector import Projector
from demo.model_file import model_file_route, opened
from demo.page import NOTHING_YET, Shared
from demo.requests import Reader
from demo.shared_column import bars, input_image, pad, strip
from demo.shared_column.picture import picture_route
from demo.shared_column.server import PadServer
from demo.steps import TABS, name_of
from demo.theme import theme
from demo.training.training_queue import Jobs
from demo.weights import addresses, weights_routes
from train.cli import carry_out, new_parser
from vit.checkpoint import ASSETS
from vit.ink.shipped import examples
from vit.validation import check_range

TITLE = "Inkling: a vision transformer that you can touch"
POLL = 0.5  # seconds between two looks at a running training
WELCOME = """
# Inkling
Draw a digit, watch a small vision transformer read it, and ask it why.
"""


def build(data_folder: str = "data") -> gr.Blocks:
    """Build the whole page; MNIST is downloaded to `data_folder` when a training needs it."""
    torch.set_num_threads(1)  # readings and training take one each
    jobs = Jobs(data_folder)
    reader = Reader(lambda token: jobs.loaded(token) or opened().loaded(token))
    pad_server = PadServer(reader)
    options = models.options()
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(60, 120)) as page:
        mine, timer = gr.BrowserState(NOTHING_YET, storage_key="inkling"), gr.Timer(POLL, active=False)
        strip.build()
        with gr.Row(elem_id="welcome"):
            gr.Markdown(WELCOME)
            tours.build()
            glossary.build()
            links.build(examples(), options, tours.tours())
            languages.build()
        with gr.Row(elem_id="page"):
            with gr.Column(min_width=320, scale=4, elem_id="shared"):
                sheet = pad.build(
                    [pad_server.read, pad_server.sample, pad_server.own_weights], examples(), options, addresses()
                )
                bars.build()
                input_image.build()
            with gr.Column(min_width=320, scale=8, elem_id="tabs"):
                navigation.build()
                build_tabs(Shared(page, reader, jobs, sheet, mine, timer))
                in_python.build()
                navigation.build_next()
        api.build()
    return rested(page.queue(max_size=32, default_concurrency_limit=2))


def build_tabs(shared: Shared) -> None:
    """Build the views. The navigation opens them; Gradio's own row of tabs is hidden."""
    with gr.Tabs(overflow_behavior="wrap"):
        for tab in TABS:
            with gr.Tab(tab.TITLE, id=name_of(tab)):
                tab.build(shared)


def launch_options() -> dict[str, Any]:
    """Return how the page is served; host and port are left to the environment (GRADIO_SERVER_NAME and _PORT)."""
    safety.watch_connections()
    use_light_sessions()
    return {
        "theme": theme(),
        "css_paths": [FOLDER / "page.css", FOLDER / "web" / "base.css", FOLDER / "links" / "frame.css"],
        "head": f"<script>{(FOLDER / 'page.js').read_text(encoding='utf-8')}</script>",
        "favicon_path": ASSETS / "favicon.png",
        "ssr_mode": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": ["api"],
        "max_file_size": "10mb",
        "max_threads": 16,
        "state_session_capacity": 500,
        "strict_cors": True,
        "app_kwargs": {
            # Gradio compresses only files; this also compresses the page and JSON, but no event streams.
            "middleware": [
                *safety.rules(),
                Middleware(GZipMiddleware, compresslevel=6),
                Middleware(LinkPreview, title=TITLE),
                Middleware(Projector),
            ],
            "exception_handlers": {TypeError: api.no_such_call},
            "routes": [module_route(), picture_route(), model_file_route(), *weights_routes()],
        },
        "allowed_paths": [],
        "pwa": False,
    }


def command_line() -> ArgumentParser:
    """Describe the command line of `inkling`."""
    parser = new_parser("inkling", "Serve the page: draw digits, look inside, train.", "data")
    parser.add_argument("--host", help="address to listen on (default: GRADIO_SERVER_NAME, else 127.0.0.1)")
    parser.add_argument("--port", type=int, help="default: GRADIO_SERVER_PORT, else the first free one from 7860")
    return parser


def serve(args: Namespace) -> None:
    """Build the page and serve it until Ctrl-C.

    Raises:
        ValueError: there is no such port.
        OSError: another program listens there.
    """
    if args.port is not None:
        check_range("port", args.port, 1, 65535)
    build(str(args.data)).launch(server_name=args.host, server_port=args.port, **launch_options())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command `inkling` and return its exit status."""
    return carry_out(command_line(), serve, argv)


if __name__ == "__main__":
    sys.exit(main())
