"""Take each tour in Chromium and do what its card asks, with the mouse, a finger and the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from demo.tours import tours
from tests.browser.axe import faults
from tests.browser.test_keyboard_pen import FOUR, press
from tests.browser.test_layout import PHONE, touch
from tests.strokes import mnist, vectorize

pytestmark = pytest.mark.browser

STEPS = {tour["id"]: tour["steps"] for tour in tours()}
# True after a hundred steps, or when the training has ended.
LEARNED = """() => /step \\d{3}/.test(document.querySelector("#training .counts").textContent)
    || !document.querySelector("#training .running").checkVisibility()"""
# Whether nothing lies over the middle of a part, such as the card or the steps.
ON_TOP = """(selector) => {
    const part = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
    if (!part) return false;
    const { left, top, height } = part.getBoundingClientRect();
    return part.contains(document.elementFromPoint(left + 12, top + height / 2));
}"""
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
    images, labels = mnist("test")
    return [[point[:2] for point in stroke] for stroke in vectorize(images[labels == digit][which])]


@pytest.mark.parametrize("device", ["mouse", "phone"])
def test_how_does_it_read(visit, device):
    tourist = Tourist(visit(**(PHONE if device == "phone" else {})), "how_it_reads")
    page = tourist.page
    tourist.expect_step(1)
    tourist.draw(4)
    tourist.done()
    tourist.expect_step(2)
    tourist.tap(page.locator('#overview [data-part="patch"][data-token="6"]').first)  # this also opens Patches
    tourist.done()
    if page.locator("#patches .grid").is_hidden():
        tourist.expect_step(3)
        tourist.press_target(3)
    tourist.expect_step(4)
    tourist.press("#patches .grid [data-token='7']")
    tourist.done()
    tourist.expect_step(5)
    tourist.press_target(5)
    tourist.expect_step(6)
    last = page.locator("#attention .gallery button").last.get_attribute("data-layer")
    tourist.press(f'#attention .gallery [data-layer="{last}"][data-head="1"]')
    tourist.done()
    tourist.expect_step(7)
    tourist.press("#attention .frame [data-token='11']")
    tourist.done()
    tourist.expect_step(8)
    tourist.press_target(8)
    tourist.expect_step(9)
    expect(page.locator("#layers .way input")).to_be_visible(timeout=60_000)
    page.locator("#layers .way input").press("Home")
    tourist.done()
    tourist.expect_step(10)
    tourist.press("#layers .play")
    tourist.done()
    tourist.expect_step(11)
    tourist.press_target(11)
    tourist.expect_step(12)
    tourist.press(f'#why [data-map="exact"] [data-patch="{tourist.named_patch()}"]')
    tourist.done()
    expect(tourist.card).to_contain_text("You finished")
    tourist.press("#tours .card .leave")
    tourist.press("#tours .open")
    expect(page.locator('#tours [data-tour="how_it_reads"]')).to_contain_text("Done")


def test_is_attention_an_explanation(visitor):
    """The last card shows the rank agreement that Why measures for this drawing."""
    tourist = Tourist(visitor, "is_attention_an_explanation")
    page = visitor.page
    tourist.expect_step(1)
    tourist.draw(2)
    tourist.expect_step(2)
    tourist.press("#attention .frame [data-token='6']")
    tourist.done()
    tourist.press_target(3)
    tourist.expect_step(4)
    best = tourist.named_patch()
    numbers = page.locator('#why [data-map="exact"] text').all_text_contents()
    tourist.press(f'#why [data-map="exact"] [data-patch="{best}"]')
    largest = max(float(number.replace("−", "-")) for number in numbers)
    expect(tourist.words).to_contain_text(f"+{largest} log-odds")
    expect(tourist.words).to_contain_text(re.compile(r"Your guess, row 2, column 2,|You guessed this patch"))
    tourist.done()
    tourist.expect_step(5)
    tourist.card.get_by_role("button", name="Next").click()
    tourist.expect_step(6)
    page.get_by_label("Why 7?").check(force=True)
    tourist.done()
    tourist.expect_step(7)
    tourist.press_target(7)
    tourist.expect_step(8)
    assert tourist.named_patch() == best
    tourist.press(f'#whatif .frame [data-place="{best}"]')
    expect(tourist.words).to_contain_text("Before: 2", timeout=NOTICED)
    expect(tourist.words).to_contain_text(re.compile(r"Log-odds of 2: \+\d+\.\d before, [+−]\d+\.\d without it"))
    tourist.done()
    tourist.expect_step(9)
    overrated = tourist.named_patch()
    assert overrated != best
    page.locator("#whatif").get_by_role("button", name="Undo").click()
    tourist.press(f'#whatif .frame [data-place="{overrated}"]')
    tourist.done()
    tourist.expect_step(10)
    tourist.press_target(10)
    tourist.expect_step(11)
    measured = re.search(r"rank agreement (−?\d\.\d\d)", page.locator("#why .summary").inner_text())
    assert measured
    expect(tourist.words).to_contain_text(f"exact values: {measured[1]} ")
    tourist.card.get_by_role("button", name="Finish").click()
    expect(tourist.card).to_contain_text("You finished")


@pytest.mark.slow
def test_train_one(visitor):
    """This is a real training; it is stopped early, since a model reads well enough after some seconds."""
    tourist = Tourist(visitor, "train_one")
    page = visitor.page
    for number in (1, 2, 3):
        tourist.expect_step(number)
        tourist.press_target(number)
    tourist.expect_step(4)  # at once: the training may wait for its turn
    page.wait_for_function(ON_TOP, arg="#live-view .summary")
    tourist.draw(3)
    tourist.expect_step(5)
    page.wait_for_function(ON_TOP, arg="#training [data-do=stop]")
    page.wait_for_function(LEARNED, timeout=180_000)
    stop = page.locator("#training").get_by_role("button", name="Stop")
    if stop.is_visible():
        stop.click()
    tourist.done(60_000)
    tourist.expect_step(6)
    expect(page.locator("#live-view .moment")).to_contain_text("Moment", timeout=NOTICED)  # all snapshots are loaded
    for key in ("Home", *["ArrowRight"] * 8):  # untrained weights may read it right by chance
        page.locator("#live-view .way input").press(key)
        page.wait_for_timeout(1000)
        if "✓" in tourist.words.inner_text():
            break
    tourist.done()
    tourist.expect_step(7)
    tourist.press_target(7)
    tourist.expect_step(8)
    expect(visitor.reader).to_contain_text("your model")
    tourist.draw(7)
    tourist.done()
    tourist.expect_step(9)
    visitor.read_by("16 patches")
    tourist.done()
    tourist.expect_step(10)
    tourist.press_target(10)
    tourist.done(60_000)
    expect(tourist.card).to_contain_text("You finished")


def test_a_tour_by_keyboard_alone(visitor):
    """Alt+G moves the focus to the card and from there to the target; no mouse is needed."""
    page = visitor.page
    page.get_by_role("button", name="Take the tour").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    card, count = page.locator("#tours .card"), page.locator("#tours .count")
    expect(card).to_be_focused()

    def go_on():
        expect(page.locator("#tours .words")).to_contain_text("✓", timeout=NOTICED)
        page.keyboard.press("Alt+g")
        for _ in range(5):
            if page.evaluate("document.activeElement.matches('#tours .next')"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")

    page.keyboard.press("Alt+g")
    expect(visitor.sheet).to_be_focused()
    page.keyboard.press("Delete")
    press(visitor, FOUR)
    go_on()
    expect(count).to_have_text(re.compile("^2 of"))
    page.keyboard.press("Alt+g")
    page.keyboard.press("ArrowRight")
    go_on()
    expect(count).to_have_text(re.compile("^3 of"))
    page.keyboard.press("Alt+g")
    expect(page.locator('#navigation [data-step="cut"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(count).to_have_text(re.compile("^4 of"), timeout=NOTICED)
    expect(page.locator("#patches .grid .token").first).to_be_visible()
    page.keyboard.press("Alt+g")
    expect(card).to_be_focused()
    page.keyboard.press("Alt+g")
    expect(page.locator("#patches .token:focus")).to_be_visible()
    page.keyboard.press("ArrowRight")
    go_on()
    expect(count).to_have_text(re.compile("^5 of"))
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.get_by_role("button", name="Take the tour")).to_be_focused()


def test_a_tour_is_left_and_resumed_after_a_reload(visitor):
    tourist = Tourist(visitor, "how_it_reads")
    tourist.card.get_by_role("button", name="Skip").click()
    tourist.expect_step(2)
    visitor.reload()
    tourist.expect_step(2)
    tourist.card.get_by_role("button", name="Back").click()
    tourist.expect_step(1)
    tourist.card.get_by_role("button", name="Skip").click()
    tourist.card.get_by_role("button", name="Leave the tour").click()
    expect(tourist.card).to_be_hidden()
    visitor.reload()
    expect(tourist.card).to_be_hidden()
    visitor.page.get_by_role("button", name="Take the tour").click()
    resume = visitor.page.locator('#tours [data-tour="how_it_reads"]')
    expect(resume).to_contain_text("Resume at step 2")
    resume.click()
    tourist.expect_step(2)


def test_a_link_starts_a_tour_and_the_invitation_can_be_closed(visit, app):
    visitor = visit()
    page, invitation = visitor.page, visitor.page.locator("#tours .invitation")
    expect(invitation).to_contain_text("5 minutes")
    invitation.get_by_role("button", name="No tour").click()
    expect(invitation).to_be_hidden()
    visitor.reload()
    expect(page.get_by_role("button", name="Take the tour")).to_be_visible()
    expect(invitation).to_be_hidden()
    page.goto(f"{app}?tour=train_one")
    expect(page.locator("#tours .card")).to_contain_text("Train one", timeout=NOTICED)
    visitor.reload()
    expect(page.locator("#tours .card")).to_contain_text("Train one", timeout=NOTICED)


def test_in_another_view_the_card_leads_back(visitor):
    tourist = Tourist(visitor, "how_it_reads")
    for _ in range(5):
        tourist.card.locator(".next").click()
    tourist.expect_step(6)
    visitor.open_tab("Teach")
    way = tourist.card.get_by_role("button", name="Show me where")
    way.click()
    expect(visitor.open_view).to_have_text("Attention")
    expect(way).to_be_hidden()
    expect(visitor.page.locator("#attention .gallery")).to_be_in_viewport()


SHEET_IN_SIGHT = """() => document.querySelector("#pad .sheet").getBoundingClientRect().top >= 0"""


@pytest.mark.parametrize(
    ("device", "sizes"), [(PHONE, [(360, 844), (390, 844)]), ({}, [(768, 844), (1280, 650)])], ids=["phone", "computer"]
)
def test_at_every_step_the_card_is_in_the_window_and_does_not_cover_the_sheet(visit, device, sizes):
    for tour in STEPS:
        tourist = Tourist(visit(**device), tour)
        for number, step in enumerate(tourist.steps, start=1):
            tourist.expect_step(number)
            for width, height in sizes:
                tourist.page.set_viewport_size({"width": width, "height": height})
                tourist.page.wait_for_timeout(400)
                if step["target"] == "#pad .sheet":  # the page may still be scrolling
                    tourist.page.wait_for_function(SHEET_IN_SIGHT)
                card, sheet = tourist.card.bounding_box(), tourist.visitor.sheet.bounding_box()
                assert card["x"] >= 0 and card["x"] + card["width"] <= width, (tour, number, width)
                assert card["y"] >= 0 and card["y"] + card["height"] <= height, (tour, number, width)
                if step["target"] == "#pad .sheet":
                    below = card["y"] >= sheet["y"] + sheet["height"] - 1
                    beside = card["x"] >= sheet["x"] + sheet["width"] - 1
                    assert below or beside, (tour, number, width)
            tourist.card.locator(".next").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_menu_and_on_the_card(visit, theme):
    visitor = visit(color_scheme=theme)
    visitor.page.get_by_role("button", name="Take the tour").click()
    assert faults(visitor.page, ["#tours"]) == []
    visitor.page.locator('#tours [data-tour="how_it_reads"]').click()
    visitor.page.wait_for_timeout(600)
    assert faults(visitor.page, ["#tours"]) == []
    for _ in STEPS["how_it_reads"]:
        visitor.page.locator("#tours .next").click()
    expect(visitor.page.locator("#tours .card")).to_contain_text("You finished")
    assert faults(visitor.page, ["#tours"]) == []


def test_the_ring_is_animated_only_without_reduced_motion(visit):
    for motion in ("reduce", "no-preference"):
        tourist = Tourist(visit(reduced_motion=motion), "how_it_reads")
        ring = tourist.page.locator("#tours .ring")
        tourist.page.evaluate(
            """() => {
                window.moves = 0;
                const before = Element.prototype.animate;
                Element.prototype.animate = function (...how) { window.moves++; return before.apply(this, how); };
            }"""
        )
        tourist.card.locator(".next").click()
        tourist.expect_step(2)
        expect(ring).to_be_visible()
        tourist.page.wait_for_timeout(300)
        assert bool(tourist.page.evaluate("window.moves")) == (motion == "no-preference")
