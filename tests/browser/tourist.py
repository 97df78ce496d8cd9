"""For tests of the tours: someone who takes one, with the mouse or a finger."""

import re

from playwright.sync_api import expect

from demo.tours import tours
from tests.browser.test_layout import touch
from tests.strokes import mnist, vectorize

STEPS = {tour["id"]: tour["steps"] for tour in tours()}
NOTICED = 30_000  # milliseconds in which the page notices a finished step on a busy machine


class Tourist:
    """Starts a tour from the menu and does what each step asks."""

    def __init__(self, visitor, tour: str) -> None:
        self.visitor, self.page, self.steps = visitor, visitor.page, STEPS[tour]
        self.card = self.page.locator("#tours .card")
        self.words = self.card.locator(".words")
        self.finger = visitor.page.evaluate("matchMedia('(pointer: coarse)').matches")
        self.page.get_by_role("button", name="Take the tour").click()
        self.page.locator(f'#tours [data-tour="{tour}"]').click()

    def expect_step(self, number: int) -> None:
        expect(self.card.locator(".count")).to_have_text(f"{number} of {len(self.steps)}", timeout=NOTICED)

    def done(self, timeout: float = NOTICED) -> None:
        """Wait until the page has noticed that the step is done, and press Next if the card waits for it."""
        expect(self.words).to_contain_text("✓", timeout=timeout)
        self.tap(self.card.locator(".next"))

    def tap(self, part) -> None:
        part.tap() if self.finger else part.click()

    def press(self, selector: str) -> None:
        self.tap(self.page.locator(selector))

    def press_target(self, number: int) -> None:
        self.press(self.steps[number - 1]["target"])

    def draw(self, digit: int) -> None:
        self.visitor.press("Clear")
        strokes = digit_strokes(digit)
        if not self.finger:
            self.visitor.draw(strokes)
        for stroke in strokes if self.finger else []:
            touch(self.visitor, stroke)
        self.visitor.wait_for_reading()

    def named_patch(self) -> int:
        """Return the patch that the card names by its row and column in the 4x4 grid."""
        expect(self.words).to_contain_text(re.compile(r"row \d, column \d"), timeout=NOTICED)
        row, column = re.findall(r"row (\d), column (\d)", self.words.inner_text())[-1]
        return 4 * (int(row) - 1) + int(column) - 1


def digit_strokes(digit: int, which: int = 3):
    """Return a test digit of this class as strokes without time."""
    images, labels = mnist("test")
    return [[point[:2] for point in stroke] for stroke in vectorize(images[labels == digit][which])]
