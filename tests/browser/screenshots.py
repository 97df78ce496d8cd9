"""Take the README's screenshots of the page: `python -m tests.browser.screenshots` (`train teach` for these two).

`link_preview` is the picture that shared links show. `python -m tests.browser.animation` records the README's
animation.
"""

import argparse
import re
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, expect

from demo.link_preview import HEIGHT, PICTURE, WIDTH
from tests.browser.animation import FOLDER, learning, move_to, pause, settle, turning
from tests.browser.measure import chromium
from tests.browser.test_teach import WAIT, choose_label, draw_misread
from tests.browser.visitor import Visitor
from tests.serving import serve
from vit.files import write_bytes

EXPLANATIONS = Path(__file__).parents[2] / "docs" / "explanations.md"


def overview(visitor: Visitor) -> None:
    """Show the path of a digit through the whole model."""
    visitor.press("Example: a 5")
    visitor.wait_for_reading()


def attention(visitor: Visitor) -> None:
    """Point at a patch in the middle of the digit."""
    visitor.press("Example: a 5")
    visitor.open_tab("Attention", unfold=False)
    visitor.page.locator("#attention rect").nth(5).hover()


def patches(visitor: Visitor) -> None:
    """Show the digit cut into patches."""
    visitor.press("Example: a 3")
    visitor.open_tab("Patches", unfold=False)
    visitor.page.locator("#patches .grid [data-token='7']").click()


def why(visitor: Visitor) -> None:
    """Wait for the exact answer."""
    visitor.press("Example: a 4")
    visitor.open_tab("Why", unfold=False)
    expect(visitor.page.locator("#why .answer")).to_have_attribute("aria-busy", "false")
    expect(visitor.page.locator("#why .sets button").first).to_be_visible()


def inside(visitor: Visitor) -> None:
    """Show one head of the last layer, from cls."""
    visitor.press("Example: a 7")
    visitor.open_tab("Inside", unfold=False)
    expect(visitor.page.locator("#inside .sum")).not_to_be_empty()


def layers(visitor: Visitor) -> None:
    """Show the answer and the map at the last layer."""
    visitor.press("Example: a 2")
    visitor.open_tab("Layers", unfold=False)
    expect(visitor.page.locator("#layers canvas").last).to_be_visible()


def when(visitor: Visitor) -> None:
    """Show how the reading changed along the pen's path."""
    visitor.press("Example: a 3")
    visitor.open_tab("When", unfold=False)
    expect(visitor.page.locator("#when svg").first).to_be_visible()


def two_drawings(visitor: Visitor) -> None:
    """Keep an open 4, then show a closed one: the example of docs/explanations.md."""
    first, second = re.findall(r"#\S*(sheet=ink1-\S+)", EXPLANATIONS.read_text(encoding="utf-8"))
    view = visitor.page.locator("#two-drawings")
    visitor.page.evaluate("part => { location.hash = part; }", f"view=two_drawings&{first}")
    expect(view.locator(".receiver")).to_have_text("New: 4")
    view.locator(".keep").click()
    visitor.page.evaluate("part => { location.hash = part; }", f"view=two_drawings&{second}")
    expect(view.locator(".summary")).to_contain_text("from 9 to 4")
    expect(view.locator(".source")).to_have_text("Kept: 4")


def train(visitor: Visitor) -> None:
    """Train until the drawing is read right, then drag the slider back to the moment when it became right."""
    visitor.press("Example: a 3")
    visitor.open_tab("Train", unfold=False)
    learning(visitor.page)
    pause(visitor.page)
    move_to(visitor.page, turning(visitor.page))
    settle(visitor.page)


def teach(visitor: Visitor) -> None:
    """Correct a mirrored digit."""
    visitor.open_tab("Teach", unfold=False)
    label = draw_misread(visitor)
    choose_label(visitor.page, label)
    expect(visitor.spoken).to_contain_text(f"Read as {label}", timeout=WAIT)
    visitor.page.evaluate("scrollTo(0, 0)")


def link_preview(visitor: Visitor) -> None:
    """Show a digit on its path through the model."""
    visitor.press("Example: a 3")
    visitor.wait_for_reading()


PICTURES = {
    one.__name__: one
    for one in (overview, attention, patches, why, inside, layers, when, two_drawings, train, teach, link_preview)
}


def main() -> None:
    """Take one picture for each tab; that of the training in dark colours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the pictures (default: the README's)")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to take: {', '.join(PICTURES)}")
    args = parser.parse_args()
    names = args.names or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        parser.error(f"there is no picture called {', '.join(sorted(unknown))}; choose among {', '.join(PICTURES)}")
    args.folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=WAIT)  # a busy machine takes its time
    log = Path(tempfile.mkdtemp()) / "log.txt"
    with chromium() as browser, serve(log) as address:
        for name in names:
            colours = "dark" if name == "train" else "light"
            shared = name == "link_preview"
            window: ViewportSize = {"width": WIDTH, "height": HEIGHT} if shared else {"width": 1280, "height": 900}
            context = browser.new_context(viewport=window, color_scheme=colours)
            visitor = Visitor(context, address)
            PICTURES[name](visitor)
            visitor.page.wait_for_timeout(1000)
            path = PICTURE if shared and args.folder == FOLDER else args.folder / f"{name}.png"
            write_bytes(path, visitor.page.screenshot())
            context.close()


if __name__ == "__main__":
    main()
