"""Take the README's moving picture of a training, frame by frame from the page: `python -m tests.browser.animation`.

What it shows is what was on the screen; it only plays faster than it was taken where the machine is slow.
"""

import io
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.measure import chromium
from tests.browser.visitor import Visitor
from tests.serving import ROOT, serve
from vit.files import replacing

FOLDER = ROOT / "assets" / "screenshots"
FILE = FOLDER / "learning.gif"
WINDOW: ViewportSize = {"width": 1120, "height": 710}
DIGIT = 3  # which example is drawn
EVERY = 0.4  # seconds between two frames of the training
LEAST, MOST = 12, 150  # seconds of training; between them it ends as soon as the drawing is read surely
SURE = 95.0  # per cent
MAX_FRAMES = 40  # of the training, evenly spaced
COLOURS = 128
PATIENCE = 120_000  # milliseconds until a busy machine must have answered

Frames = list[tuple[bytes, int]]  # pictures as PNG, and how long each stays, in milliseconds


def settle(page: Page) -> None:
    """Put the view right under the row of tabs, beside the drawing; what appears above it has moved it."""
    page.locator("#live-view").evaluate(
        """view => {
            const row = document.querySelector("#tabs .tab-wrapper").getBoundingClientRect().height;
            scrollBy({ top: view.getBoundingClientRect().top - row - 10, behavior: "instant" });
        }"""
    )
    page.wait_for_timeout(150)


def sure(page: Page) -> bool:
    """Whether the model in training reads the drawing right, with a high probability."""
    said = page.locator("#live-view .bars li.best")
    share = said.locator(".share").inner_text().strip(" >%")
    return said.get_attribute("data-digit") == str(DIGIT) and float(share) >= SURE


def learning(page: Page) -> Frames:
    """Start the training that the page offers, and look on until it reads the drawing."""
    settle(page)
    frames = [(page.screenshot(), 900)]
    page.get_by_role("button", name="Start", exact=True).click()
    settle(page)
    page.locator("#live-view .test-digits canvas").first.wait_for(timeout=PATIENCE)
    settle(page)
    taken, started = [], time.monotonic()
    while (spent := time.monotonic() - started) < MOST and (spent < LEAST or not sure(page)):
        taken.append(page.screenshot())
        page.wait_for_timeout(1000 * max(0.0, started + EVERY * len(taken) - time.monotonic()))
    apart = -(-len(taken) // MAX_FRAMES)
    return frames + [(picture, 120) for picture in taken[::apart]]


def pause(page: Page) -> None:
    """Pause the training, and wait for its snapshots."""
    page.locator("#training").get_by_role("button", name="Pause").click()
    settle(page)
    expect(page.locator("#live-view .moment")).to_contain_text("Moment", timeout=PATIENCE)


def turning(page: Page) -> int:
    """The moment from which the answer is right; the first where there is none."""
    marks = page.locator("#live-view .moments i")
    return max(marks.evaluate_all("marks => marks.findIndex(mark => mark.classList.contains('turn'))"), 0)


def move_to(page: Page, at: int) -> None:
    """Move the slider to a moment."""
    page.locator("#live-view .way input").fill(str(at))


def looking_back(page: Page) -> Frames:
    """Drag time back to where the answer turned right and one moment further, and on to the end again."""
    right, last = turning(page), page.locator("#live-view .moments i").count() - 1
    before = max(right - 1, 0)
    way = [*range(last, before, -1), *range(before, last + 1)]
    stays = {before: 900, right: 1200, last: 1500}
    frames: Frames = []
    for index, at in enumerate(way):
        move_to(page, at)
        page.wait_for_timeout(100)
        back = 0 < index < last - before  # on the way back nothing stays but the end
        frames.append((page.screenshot(), 90 if back else stays.get(at, 90)))
    return frames


def write(frames: Frames, path: Path) -> None:
    """Write an animated GIF with one palette, taken from pictures all along, so that nothing flickers."""
    pictures = [Image.open(io.BytesIO(picture)).convert("RGB") for picture, _ in frames]
    width, height = pictures[0].size
    some = pictures[:: max(1, len(pictures) // 8)]
    sheet = Image.new("RGB", (width, height * len(some)))
    for at, picture in enumerate(some):
        sheet.paste(picture, (0, height * at))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)  # keeps faint borders, and rare colours too
    quantized = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    stays = [stay for _, stay in frames]
    rest = {"append_images": quantized[1:], "duration": stays, "loop": 0, "optimize": True}
    with replacing(path) as partial:
        quantized[0].save(partial, path.suffix[1:], save_all=True, **rest)


def main() -> None:
    """Take the pictures and write them to the README's file."""
    log = Path(tempfile.mkdtemp()) / "log.txt"
    with chromium() as browser, serve(log) as address:
        # Bars that jump stand still in every picture.
        visitor = Visitor(browser.new_context(viewport=WINDOW, reduced_motion="reduce"), address)
        visitor.press(f"Example: a {DIGIT}")
        visitor.open_tab("Train")
        frames = learning(visitor.page)
        pause(visitor.page)
        frames += looking_back(visitor.page)
        visitor.page.get_by_role("button", name="Stop", exact=True).click()
    write(frames, FILE)
    print(
        f"{FILE}: {len(frames)} pictures, {sum(stay for _, stay in frames) / 1000:.1f} s, {FILE.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()
