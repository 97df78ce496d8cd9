"""Take the README's pictures of the page as it is: `python -m tests.browser.screenshots` (`train teach` for these two).

`link_preview` is the picture that shared links show. The README's moving picture comes from
`python -m tests.browser.animation`.
"""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, expect

from demo.link_preview import HEIGHT, PICTURE, WIDTH
from tests.browser.animation import FOLDER, learning, move_to, pause, settle, turning
from tests.browser.measure import chromium
from tests.browser.test_teach import WAIT, draw_misread, say_what_it_is
from tests.browser.visitor import Visitor
from tests.serving import serve
from vit.files import write_bytes


def attention(visitor: Visitor) -> None:
    """Look from a patch in the middle of the digit."""
    visitor.press("Example: a 5")
    visitor.open_tab("Attention")
    visitor.page.locator("#attention rect").nth(5).hover()


def patches(visitor: Visitor) -> None:
    """Show the digit cut apart."""
    visitor.press("Example: a 3")
    visitor.open_tab("Patches")
    visitor.page.locator("#patches .grid [data-token='7']").click()


def why(visitor: Visitor) -> None:
    """Wait for the exact answer."""
    visitor.press("Example: a 4")
    visitor.open_tab("Why")
    expect(visitor.page.locator("#why .answer")).to_have_attribute("aria-busy", "false")
    expect(visitor.page.locator("#why .sets button").first).to_be_visible()


def inside(visitor: Visitor) -> None:
    """Follow one head, from cls to the patch it looks at most."""
    visitor.press("Example: a 7")
    visitor.open_tab("Inside")
    expect(visitor.page.locator("#inside table").first).to_be_visible()


def layers(visitor: Visitor) -> None:
    """Show the answer and the map half way."""
    visitor.press("Example: a 2")
    visitor.open_tab("Layers")
    expect(visitor.page.locator("#layers canvas").last).to_be_visible()


def when(visitor: Visitor) -> None:
    """Show how the reading changed along the pen's path."""
    visitor.press("Example: a 3")
    visitor.open_tab("When")
    expect(visitor.page.locator("#when svg").first).to_be_visible()


def train(visitor: Visitor) -> None:
    """Train until the drawing is read, then drag time back to where the answer turned right."""
    visitor.press("Example: a 3")
    visitor.open_tab("Train")
    learning(visitor.page)
    pause(visitor.page)
    move_to(visitor.page, turning(visitor.page))
    settle(visitor.page)


def teach(visitor: Visitor) -> None:
    """Give the right answer for a digit the wrong way round."""
    visitor.open_tab("Teach")
    label = draw_misread(visitor)
    say_what_it_is(visitor.page, label)
    expect(visitor.spoken).to_contain_text(f"Read as {label}", timeout=WAIT)
    visitor.page.evaluate("scrollTo(0, 0)")


def link_preview(visitor: Visitor) -> None:
    """Show a digit, what the model reads and where it looks."""
    visitor.press("Example: a 3")
    visitor.open_tab("Attention")


PICTURES = {one.__name__: one for one in (attention, patches, why, inside, layers, when, train, teach, link_preview)}


def main() -> None:
    """Take one picture a tab; of the training in dark colours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to take: {', '.join(PICTURES)}")
    names = parser.parse_args().names or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        parser.error(f"there is no picture called {', '.join(sorted(unknown))}; choose among {', '.join(PICTURES)}")
    FOLDER.mkdir(exist_ok=True)
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
            write_bytes(PICTURE if shared else FOLDER / f"{name}.png", visitor.page.screenshot())
            context.close()


if __name__ == "__main__":
    main()
