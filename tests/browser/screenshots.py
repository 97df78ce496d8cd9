"""Take the README's pictures of the page as it is: `python -m tests.browser.screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.measure import chromium
from tests.browser.visitor import Visitor
from tests.serving import ROOT, serve

FOLDER = ROOT / "assets" / "screenshots"


def attention(page: Page) -> None:
    """Look from a patch in the middle of the digit."""
    page.get_by_role("button", name="Example: a 5").click()
    page.get_by_role("tab", name="Attention").click()
    page.locator("#attention rect").nth(5).hover()


def patches(page: Page) -> None:
    """Show the digit cut apart."""
    page.get_by_role("button", name="Example: a 3").click()
    page.get_by_role("tab", name="Patches").click()
    page.locator("#patches .grid [data-token='7']").click()


def why(page: Page) -> None:
    """Wait for the exact answer."""
    page.get_by_role("button", name="Example: a 4").click()
    page.get_by_role("tab", name="Why").click()
    expect(page.locator("#why .answer")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#why .sets button").first).to_be_visible()


def inside(page: Page) -> None:
    """Follow one head, from cls to the patch it looks at most."""
    page.get_by_role("button", name="Example: a 7").click()
    page.get_by_role("tab", name="Inside").click()
    expect(page.locator("#inside table").first).to_be_visible()


def layers(page: Page) -> None:
    """Show the answer and the map half way."""
    page.get_by_role("button", name="Example: a 2").click()
    page.get_by_role("tab", name="Layers").click()
    expect(page.locator("#layers canvas").last).to_be_visible()


def when(page: Page) -> None:
    """Show how the reading changed along the pen's path."""
    page.get_by_role("button", name="Example: a 3").click()
    page.get_by_role("tab", name="When").click()
    expect(page.locator("#when svg").first).to_be_visible()


def train(page: Page) -> None:
    """Show a training that has ended."""
    page.get_by_role("button", name="Example: a 8").click()
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#training .message")).to_contain_text("Finished", timeout=600_000)


def main() -> None:
    """Take one picture a tab, in dark colours for the last."""
    FOLDER.mkdir(exist_ok=True)
    log = Path(tempfile.mkdtemp()) / "log.txt"
    with chromium() as browser, serve(log) as address:
        for prepare in (attention, patches, why, inside, layers, when, train):
            context = browser.new_context(
                viewport={"width": 1280, "height": 900}, color_scheme="dark" if prepare is train else "light"
            )
            page = Visitor(context, address).page
            prepare(page)
            page.wait_for_timeout(1000)
            page.screenshot(path=FOLDER / f"{prepare.__name__}.png")
            context.close()


if __name__ == "__main__":
    main()
