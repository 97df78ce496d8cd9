"""A visitor: a browser context of their own, the page in it, and what a hand does there."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import BrowserContext, Page, Request, expect

from demo.component import base_path

SHEET = 280  # the pad's own units
Strokes = Sequence[Sequence[Sequence[float]]]


def payload(request: Request) -> dict[str, Any]:
    """What a request to one of a component's server functions carries."""
    return json.loads(request.post_data or "{}")["data"]


# A view's module loads when its tab opens first; until then nothing of it can be clicked.
MOUNTED = """() => {
    const views = [...document.querySelectorAll("#tabs .view:not(.block)")].filter((view) => view.offsetParent);
    return views.length > 0 && views.every((view) => view.dataset.mounted);
}"""


class Visitor:
    """Opens the page at once and waits until the example is read."""

    def __init__(self, context: BrowserContext, url: str, page: Page | None = None) -> None:
        self.context = context
        self.bus = f"{url}{base_path()}/web/bus.js"  # what passes a reading on to the views
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.readings: list[Request] = []
        context.on("request", self.note)
        self.page: Page = page or context.new_page()
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        self.wait_for_reading()

    def note(self, request: Request) -> None:
        """Remember requests to other hosts, and those that ask for a reading."""
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.outside.append(request.url)
        if "component_server" in address.path:
            self.readings.append(request)

    def asked(self) -> dict[str, Any]:
        """What the last request for a reading carried."""
        return payload(self.readings[-1])

    @property
    def sheet(self):
        return self.page.locator("#pad .sheet canvas")

    @property
    def spoken(self):
        return self.page.locator("#bars .spoken")

    def reload(self) -> None:
        """Load the page again; that a request of the old page was cut off is no error of the new one."""
        self.page.reload()
        self.wait_for_reading()
        cut_off = ("AbortError", "Connection errored out")
        self.errors = [error for error in self.errors if not any(name in error for name in cut_off)]

    def wait_for_reading(self) -> int | None:
        """Wait until what is on the sheet is read as a whole; return the digit, None if the page is not sure of it."""
        expect(self.page.locator("#pad [aria-busy=false]")).to_be_attached(timeout=30_000)
        expect(self.spoken).to_contain_text(re.compile("Read as|Probably not"), timeout=30_000)
        read = re.search(r"Read as (\d)", self.spoken.inner_text())
        return int(read[1]) if read else None

    def spot(self, point: Sequence[float]) -> tuple[float, float]:
        """Where a point of the pad's units lies in the window."""
        box = self.sheet.bounding_box()
        assert box is not None
        return box["x"] + point[0] * box["width"] / SHEET, box["y"] + point[1] * box["height"] / SHEET

    def draw(self, strokes: Strokes, pause: float = 0) -> None:
        """Draw strokes with the mouse, point by point, `pause` milliseconds between two."""
        self.sheet.scroll_into_view_if_needed()
        for stroke in strokes:
            spots = [self.spot(point) for point in stroke]
            self.page.mouse.move(*spots[0])
            self.page.mouse.down()
            for spot in spots[1:]:
                self.page.mouse.move(*spot)
                if pause:
                    self.page.wait_for_timeout(pause)
            self.page.mouse.up()

    def read_by(self, label: str) -> None:
        """Choose the model that reads."""
        self.page.get_by_role("radiogroup", name="Read by").get_by_label(label).check()
        self.wait_for_reading()

    @property
    def reader(self):
        return self.page.locator("#pad .name")

    def press(self, name: str) -> None:
        self.page.locator("#pad").get_by_role("button", name=name, exact=True).click()

    def open_tab(self, name: str) -> None:
        """Open a tab; on a narrow screen those that do not fit are in a menu."""
        tab = self.page.locator("#tabs").get_by_role("tab", name=name, exact=True)
        if not tab.locator("visible=true").count():
            self.page.locator("#tabs .overflow-menu > button").click()
            self.page.locator("#tabs .overflow-dropdown").get_by_text(name, exact=True).click()
            return
        tab.locator("visible=true").click()
        self.page.wait_for_function(MOUNTED)

    def save(self, view: str, format: str, folder: Path) -> Path:
        """Download what a view shows, as "png" or "svg", and return the file, under the name that it came with."""
        with self.page.expect_download() as waiting:
            self.page.locator(f'#{view} [data-format="{format}"]').click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.suffix == f".{format}"
        return path

    def save_both(self, view: str, folder: Path, least: int) -> tuple[Path, str]:
        """Download a view twice: return the PNG, which has more than so many colours, and the text of the SVG."""
        png, svg = (self.save(view, format, folder) for format in ("png", "svg"))
        assert png.stem == svg.stem
        with Image.open(png) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > least
        return png, svg.read_text(encoding="utf-8")

    def ink(self) -> int:
        """How many pixels of the sheet are white."""
        return self.sheet.evaluate(
            """canvas => {
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                let count = 0;
                for (let at = 0; at < pixels.length; at += 4) if (pixels[at] > 200 && pixels[at + 3] > 200) count++;
                return count;
            }"""
        )

    def inked(self, point: Sequence[float]) -> bool:
        """Whether the sheet is white at a point of the pad's units."""
        x, y = (value / SHEET for value in point)
        return self.sheet.evaluate(
            """(canvas, [x, y]) => canvas.getContext("2d")
                .getImageData(x * canvas.width, y * canvas.height, 1, 1).data[0] > 200""",
            [x, y],
        )

    def probabilities(self) -> list[str]:
        return self.page.locator("#bars .share").all_inner_texts()
