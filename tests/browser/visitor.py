"""A visitor: a separate browser context with the page in it, and methods for what a person does there."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, expect

from demo.component import base_path
from demo.steps import STEPS

SHEET = 280  # the pad's own units
Strokes = Sequence[Sequence[Sequence[float]]]


@dataclass(frozen=True)
class EngineReading:
    """A question to the browser's own workers, with the data of a request to the server."""

    post_data: str

    @property
    def post_data_json(self) -> dict[str, Any]:
        """The same, parsed."""
        return json.loads(self.post_data)


def payload(request: Request | EngineReading) -> dict[str, Any]:
    """Return the data of a request to a component's server function or to the engine."""
    return json.loads(request.post_data or "{}")["data"]


# Report to the test what the page asks its workers: readings, and what views ask. No worker is given up as too slow.
NOTE = """
window.slowest = Infinity;
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.asked) noteReading(message.asked, "read");
    if (message?.view) noteReading(message.payload, message.name);
    if (message?.load) message.load.slowest = window.slowest;
    return post.call(this, message, ...rest);
};
"""
NO_ENGINE = "delete window.Worker;"  # the server answers everything


# A view's module is loaded when its tab is first opened; before that nothing in it can be clicked.
MOUNTED = """() => {
    const views = [...document.querySelectorAll("#tabs .view:not(.block)")].filter((view) => view.offsetParent);
    return views.length > 0 && views.every((view) => view.dataset.mounted);
}"""

GUESTS: dict[Page, "Visitor"] = {}  # the present visitor of each page


class Visitor:
    """Opens the page at once and waits until the example is read."""

    def __init__(
        self, context: BrowserContext, url: str, page: Page | None = None, engine: bool = True, notes: bool = True
    ) -> None:
        """Open the page; without `notes`, which take time, the questions to workers are not recorded."""
        self.context = context
        self.bus = f"{url}{base_path()}/web/bus.js"  # the module that passes readings on to the views
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.readings: list[Request | EngineReading] = []
        self.page: Page = page or context.new_page()
        if self.page not in GUESTS:  # a page keeps its scripts for the next visitor
            self.page.expose_binding("noteReading", lambda source, *asked: GUESTS[source["page"]].note_engine(*asked))
            if notes or not engine:
                self.page.add_init_script(NOTE if engine else NO_ENGINE)
        GUESTS[self.page] = self
        context.on("request", self.note)
        self.page.on("console", self.note_message)
        self.page.on("pageerror", self.note_error)
        self.page.goto(url)
        self.wait_for_reading()

    def note(self, request: Request) -> None:
        """Record requests to other hosts, and requests for a reading."""
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.outside.append(request.url)
        if "component_server" in address.path and '"own_weights"' not in (request.post_data or ""):
            self.readings.append(request)

    @staticmethod
    def is_file(request: Request) -> bool:
        """Return whether a request loads modules, weights or the sheet of test digits, which may come at any time."""
        folder = urlsplit(request.url).path.lstrip("/").split("/")[0]
        return folder in ("modules", "weights") or '"pictures"' in (request.post_data or "")

    def note_engine(self, asked: dict[str, Any], name: str) -> None:
        """Record what a worker is asked for, as if it were a request for the server function `name`."""
        asked = {key: value for key, value in asked.items() if key != "image"}  # of a test digit
        self.readings.append(EngineReading(json.dumps({"data": asked, "fn_name": name})))

    def wait_for_engine(self, model: str = "digits-4x4") -> None:
        """Wait until the browser's engine can read with a model."""
        self.page.locator(f"#pad [data-engine~={model}]").wait_for(state="attached", timeout=60_000)

    def note_message(self, message: ConsoleMessage) -> None:
        """Record the errors that the page logs."""
        if message.type == "error":
            self.errors.append(message.text)

    def note_error(self, error: Error) -> None:
        """Record the errors that the page's scripts raise."""
        self.errors.append(str(error))

    def leave(self) -> None:
        """Stop recording, since another visitor may use this page."""
        self.context.remove_listener("request", self.note)
        self.page.remove_listener("console", self.note_message)
        self.page.remove_listener("pageerror", self.note_error)

    def asked(self) -> dict[str, Any]:
        """Return the data of the last question about a drawing, to the server or to a worker."""
        return next(
            data for data in map(payload, reversed(self.readings)) if {"strokes", "sample", "picture"} & set(data)
        )

    @property
    def sheet(self):
        return self.page.locator("#pad .sheet canvas")

    @property
    def spoken(self):
        return self.page.locator("#bars .spoken")

    def reload(self) -> None:
        """Load the page again; interrupted requests of the old page are no errors."""
        self.page.reload()
        self.wait_for_reading()
        cut_off = ("AbortError", "Connection errored out")
        self.errors = [error for error in self.errors if not any(name in error for name in cut_off)]

    def wait_for_reading(self) -> int | None:
        """Wait until the whole drawing is read; return the digit, or None if it is out of distribution."""
        expect(self.page.locator("#pad [aria-busy=false]")).to_be_attached(timeout=30_000)
        expect(self.spoken).to_contain_text(re.compile("Read as|Probably not"), timeout=30_000)
        read = re.search(r"Read as (\d)", self.spoken.inner_text())
        return int(read[1]) if read else None

    def spot(self, point: Sequence[float]) -> tuple[float, float]:
        """Return the window position of a point in the pad's units."""
        return self.spots([point])[0]

    def spots(self, points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        """Return the window positions of points in the pad's units."""
        box = self.sheet.bounding_box()
        assert box is not None
        return [(box["x"] + x * box["width"] / SHEET, box["y"] + y * box["height"] / SHEET) for x, y, *_ in points]

    def draw(self, strokes: Strokes, pause: float = 0) -> None:
        """Draw strokes with the mouse, point by point, with `pause` milliseconds between two points."""
        self.sheet.scroll_into_view_if_needed()
        for stroke in strokes:
            spots = self.spots(stroke)
            self.page.mouse.move(*spots[0])
            self.page.mouse.down()
            for spot in spots[1:]:
                self.page.mouse.move(*spot)
                if pause:
                    self.page.wait_for_timeout(pause)
            self.page.mouse.up()

    def read_by(self, label: str) -> None:
        """Choose the model that reads."""
        model = self.page.get_by_role("radiogroup", name="Read by").get_by_label(label)
        model.check()  # from here on the pad is busy
        self.wait_for_reading()

    @property
    def reader(self):
        return self.page.locator("#pad .name")

    def press(self, name: str) -> None:
        self.page.locator("#pad").get_by_role("button", name=name, exact=True).click()

    def open_tab(self, name: str, unfold: bool = True) -> None:
        """Open a view by its title, through its step; with `unfold`, open its details, too."""
        step = next(step for step in STEPS if name in [view.TITLE for view in step.views])
        navigation = self.page.locator("#navigation")
        navigation.locator(f'[data-step="{step.name}"]').click()
        if len(step.views) > 1:
            navigation.locator(".views").get_by_role("button", name=name, exact=True).click()
        expect(self.open_view).to_have_text(name)
        self.page.wait_for_function(MOUNTED)
        if unfold:
            self.unfold()

    def unfold(self) -> None:
        """Unfold all details of the open view."""
        folded = self.page.locator("#tabs [role=tabpanel] details.details:not([open]) > summary:visible")
        while folded.count():
            folded.first.click()

    @property
    def open_view(self):
        """The open tab; the navigation opens it, and its own button is hidden."""
        return self.page.locator('#tabs [role="tab"][aria-selected="true"]')

    def save(self, view: str, format: str, folder: Path) -> Path:
        """Download the figure of a view as "png" or "svg"; return the file, under its suggested name."""
        with self.page.expect_download() as waiting:
            self.page.locator(f'#{view} [data-format="{format}"]').click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.suffix == f".{format}"
        return path

    def save_both(self, view: str, folder: Path, least: int) -> tuple[Path, str]:
        """Download a view twice; return the PNG, which must have enough colours, and the text of the SVG."""
        png, svg = (self.save(view, format, folder) for format in ("png", "svg"))
        assert png.stem == svg.stem
        with Image.open(png) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > least
        return png, svg.read_text(encoding="utf-8")

    def ink(self) -> int:
        """Return the number of white pixels of the sheet."""
        return self.sheet.evaluate(
            """canvas => {
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                let count = 0;
                for (let at = 0; at < pixels.length; at += 4) if (pixels[at] > 200 && pixels[at + 3] > 200) count++;
                return count;
            }"""
        )

    def inked(self, point: Sequence[float]) -> bool:
        """Return whether the sheet is white at a point in the pad's units."""
        x, y, *_ = (value / SHEET for value in point)
        return self.sheet.evaluate(
            """(canvas, [x, y]) => canvas.getContext("2d")
                .getImageData(x * canvas.width, y * canvas.height, 1, 1).data[0] > 200""",
            [x, y],
        )

    def probabilities(self) -> list[str]:
        return self.page.locator("#bars .share").all_inner_texts()
