"""Read a downloaded figure: its text, colours and scales, and what all figures must have."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.serving import ROOT

SVG = "{http://www.w3.org/2000/svg}"
VERSION = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[0]

# Texts that reach over the edge of the file when a browser draws it.
OVERFLOW = """() => {
    const page = document.documentElement.getBoundingClientRect();
    return [...document.querySelectorAll("text")].filter((text) => {
        const box = text.getBoundingClientRect();
        return box.left < page.left || box.right > page.right || box.top < page.top || box.bottom > page.bottom;
    }).map((text) => text.textContent);
}"""


class FigureFile:
    """An SVG figure and the same figure as PNG."""

    def __init__(self, svg: Path, png: Path) -> None:
        self.svg, self.png = svg, png
        self.root = ET.parse(svg).getroot()  # noqa: S314 (our own file)

    def texts(self, part: str | None = None) -> list[str]:
        """Return all texts, or those of one part: title, line, note, model."""
        nodes = self.root.iter(f"{SVG}text")
        return ["".join(node.itertext()) for node in nodes if part is None or node.get("data-part") == part]

    def text(self) -> str:
        """Return all text in one string."""
        return " ".join(self.texts())

    def scales(self) -> list[list[str]]:
        """Return the texts of each colour scale: its quantity, then its numbers."""
        groups = [group for group in self.root.iter(f"{SVG}g") if group.get("data-key") == "scale"]
        return [["".join(text.itertext()) for text in group.iter(f"{SVG}text")] for group in groups]

    def signs(self) -> list[str]:
        """Return the texts of the legend's signs."""
        groups = [group for group in self.root.iter(f"{SVG}g") if group.get("data-key") == "sign"]
        return ["".join(group.itertext()) for group in groups]

    def patches(self) -> list[ET.Element]:
        """Return the cells of all maps of patches."""
        return [node for node in self.root.iter(f"{SVG}rect") if node.get("data-patch") or node.get("data-token")]

    def check(self, page: Page, model: str) -> None:
        """Check what all figures have: background, sizes, real text that fits, the model and the version."""
        width, height = (float(self.root.get(name, "").removesuffix("mm")) for name in ("width", "height"))
        assert 60 <= width <= 180
        with Image.open(self.png) as picture:
            assert [round(dpi) for dpi in picture.info["dpi"]] == [300, 300]
            pixels = (width / 25.4 * 300, height / 25.4 * 300)
            assert all(abs(one - other) < 1 for one, other in zip(picture.size, pixels, strict=True))
            corners = [(x, y) for x in (0, picture.width - 1) for y in (0, picture.height - 1)]
            assert {picture.convert("RGB").getpixel(corner) for corner in corners} == {(255, 255, 255)}
        assert self.texts("title")
        assert self.texts("model") == [f"{model}, Inkling {VERSION}"]
        sizes = [float(node.get("font-size", 11)) for node in self.root.iter(f"{SVG}text")]
        assert len(sizes) > 3
        page.goto(self.svg.as_uri())
        assert page.evaluate(OVERFLOW) == []


def figure_of(visitor: Visitor, view: str, folder: Path, model: str = "digits-4x4") -> FigureFile:
    """Download the figure of a view in both formats, and check what all figures must have."""
    png, svg = (visitor.save(view, format, folder) for format in ("png", "svg"))
    assert png.stem == svg.stem
    figure = FigureFile(svg, png)
    viewer = visitor.context.new_page()
    figure.check(viewer, model)
    viewer.close()
    return figure


def copied(visitor: Visitor, view: str, format: str) -> str:
    """Press "Copy data" (csv) or "Copy citation" (bib) of a view, and return the clipboard's text."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.evaluate("navigator.clipboard.writeText('')")
    visitor.page.locator(f'#{view} [data-format="{format}"]').click()
    expect(visitor.page.locator(f"#{view} .message").first).to_contain_text("copied")
    return visitor.page.evaluate("navigator.clipboard.readText()")


def table_of(visitor: Visitor, view: str) -> list[dict[str, str]]:
    """Return the rows that "Copy data" of a view copies, as dictionaries by column."""
    return list(csv.DictReader(io.StringIO(copied(visitor, view, "csv"), newline=""), strict=True))
