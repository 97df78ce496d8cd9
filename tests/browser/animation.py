"""Record the README's animation of a training from the page: `python -m tests.browser.animation`.

Each frame is a screenshot. The animation plays faster than real time where the machine is slow. To try it in a minute
without changing the README's file: `--out FILE.gif --seconds 5`.
"""

import io
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.measure import chromium
from tests.browser.visitor import Visitor
from tests.serving import ROOT, serve
from train.cli import carry_out, new_parser
from vit.files import check_destination, replacing
from vit.validation import check_range

FOLDER = ROOT / "assets" / "screenshots"
FILE = FOLDER / "learning.gif"
WINDOW: ViewportSize = {"width": 1120, "height": 710}
DIGIT = 3  # which example is drawn
EVERY = 0.4  # seconds between two frames of the training
LEAST, MOST = 12, 150  # seconds of training; in between it ends when the probability reaches CERTAIN
CERTAIN = 95.0  # per cent
MAX_FRAMES = 40  # of the training, at equal distances
COLOURS = 128
TIMEOUT = 120_000  # milliseconds, enough for a busy machine

Frames = list[tuple[bytes, int]]  # screenshots as PNG, each with its duration in milliseconds


def settle(page: Page) -> None:
    """Scroll until the view is right below the row of steps, since it moves when something appears above it."""
    page.locator("#live-view").evaluate(
        """view => {
            const steps = document.querySelector("#navigation").getBoundingClientRect().height;
            scrollBy({ top: view.getBoundingClientRect().top - steps - 10, behavior: "instant" });
        }"""
    )
    page.wait_for_timeout(150)


def reads_it(page: Page) -> bool:
    """Return whether the model in training reads the drawing right, with a high probability."""
    best = page.locator("#live-view .bars li.best")
    prob = best.locator(".share").inner_text().strip(" >%")
    return best.get_attribute("data-digit") == str(DIGIT) and float(prob) >= CERTAIN


def learning(page: Page, least: float = LEAST, most: float = MOST) -> Frames:
    """Start the training that the page offers, and record it until it reads the drawing.

    Args:
        least, most: seconds of the recording.
    """
    settle(page)
    frames = [(page.screenshot(), 900)]
    page.locator("#begin .big").click()
    settle(page)
    page.locator("#live-view .test-digits canvas").first.wait_for(state="attached", timeout=TIMEOUT)
    settle(page)
    taken, started = [], time.monotonic()
    while (spent := time.monotonic() - started) < most and (spent < least or not reads_it(page)):
        taken.append(page.screenshot())
        page.wait_for_timeout(1000 * max(0.0, started + EVERY * len(taken) - time.monotonic()))
    interval = -(-len(taken) // MAX_FRAMES)
    return frames + [(picture, 120) for picture in taken[::interval]]


def pause(page: Page) -> None:
    """Pause the training, and wait for its snapshots."""
    page.locator("#training").get_by_role("button", name="Pause").click()
    settle(page)
    expect(page.locator("#live-view .moment")).to_contain_text("Moment", timeout=TIMEOUT)


def turning(page: Page) -> int:
    """Return the index of the moment from which the prediction is right, or 0 if there is none."""
    marks = page.locator("#live-view .moments i")
    return max(marks.evaluate_all("marks => marks.findIndex(mark => mark.classList.contains('turn'))"), 0)


def move_to(page: Page, at: int) -> None:
    """Move the slider to a moment."""
    page.locator("#live-view .way input").fill(str(at))


def looking_back(page: Page) -> Frames:
    """Drag the slider back to the moment before the prediction became right, and forward to the end again."""
    right, last = turning(page), page.locator("#live-view .moments i").count() - 1
    before = max(right - 1, 0)
    path_of_slider = [*range(last, before, -1), *range(before, last + 1)]
    durations = {before: 900, right: 1200, last: 1500}
    frames: Frames = []
    for index, at in enumerate(path_of_slider):
        move_to(page, at)
        page.wait_for_timeout(100)
        back = 0 < index < last - before  # on the way back only the last frame stays longer
        frames.append((page.screenshot(), 90 if back else durations.get(at, 90)))
    return frames


def write(frames: Frames, path: Path) -> None:
    """Write an animated GIF with one palette for all frames, so that nothing flickers."""
    pictures = [Image.open(io.BytesIO(picture)).convert("RGB") for picture, _ in frames]
    width, height = pictures[0].size
    some = pictures[:: max(1, len(pictures) // 8)]
    sheet = Image.new("RGB", (width, height * len(some)))
    for at, picture in enumerate(some):
        sheet.paste(picture, (0, height * at))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)  # keeps faint borders and rare colours
    quantized = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [stay for _, stay in frames]
    rest = {"append_images": quantized[1:], "duration": durations, "loop": 0, "optimize": True}
    with replacing(path) as partial:
        quantized[0].save(partial, path.suffix[1:], save_all=True, **rest)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Record the README's animation of a training from the page in Chromium."
    parser = new_parser("python -m tests.browser.animation", description)
    parser.add_argument("--out", type=Path, default=FILE, metavar="FILE", help="GIF (default: the README's)")
    parser.add_argument("--seconds", type=float, default=MOST, help="of training at most (default: %(default)s)")
    return parser


def run(args: Namespace) -> None:
    """Record the frames, write them and print their number."""
    check_range("seconds", args.seconds, 1, 10 * MOST)
    check_destination("out", args.out, suffixes=(".gif",))
    log = Path(tempfile.mkdtemp()) / "log.txt"
    with chromium() as browser, serve(log) as address:
        # With reduced motion the bars do not move between two frames.
        visitor = Visitor(browser.new_context(viewport=WINDOW, reduced_motion="reduce"), address)
        visitor.press(f"Example: a {DIGIT}")
        visitor.open_tab("Train")
        frames = learning(visitor.page, min(LEAST, args.seconds), args.seconds)
        pause(visitor.page)
        frames += looking_back(visitor.page)
        visitor.page.locator('#training [data-do="stop"]').click()
    write(frames, args.out)
    seconds, size = sum(stay for _, stay in frames) / 1000, args.out.stat().st_size
    print(f"{args.out}: {len(frames)} frames, {seconds:.1f} s, {size:,} bytes")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
