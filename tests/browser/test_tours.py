"""Take each tour in Chromium and do what its card asks, with the mouse and a finger."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import PHONE
from tests.browser.tourist import NOTICED, Tourist

pytestmark = pytest.mark.browser

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
