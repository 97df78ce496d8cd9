"""Test Challenges in Chromium: results are those of the readings, and the best ones are stored."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.test_attention import trace_of_sheet
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

SEVEN = [[[70, 70], [140, 68], [205, 70], [170, 140], [130, 230]]]


def card(visitor, name: str):
    return visitor.page.locator(f'#challenges [data-challenge="{name}"]')


def test_a_guess_is_scored_by_the_exact_values(visitor):
    drawing, trace = trace_of_sheet(visitor)
    visitor.open_tab("Challenges")
    digit = int(trace.logits.argmax())
    values = vit.explain.shapley(
        vit.load("digits-4x4"), torch.from_numpy(drawing)[None], target=digit, mask_mode="erased"
    ).flatten()
    best = values.argsort(descending=True)[:3].tolist()
    marks = [best[0], best[1], int(values.argmin())]
    cells = card(visitor, "guess").locator("rect[data-patch]")
    check = card(visitor, "guess").get_by_role("button", name="Check my guess")
    for patch in marks:
        expect(check).to_be_disabled()
        cells.nth(patch).click()
    check.click()
    text = card(visitor, "guess").locator(".best")
    expect(text).to_contain_text("points", timeout=30_000)
    score = re.search(r"(\d+) of 100", text.inner_text())
    assert score
    points = int(score[1])
    expected = 100 * max(0, values[marks].sum().item()) / values[best].sum().item()
    assert points == pytest.approx(expected, abs=1)  # the browser's image is rounded to 255 steps
    framed = [at for at, cell in enumerate(cells.all()) if cell.get_attribute("stroke-width") == "0.6"]
    assert sorted(framed) == sorted(best)
    visitor.reload()
    visitor.open_tab("Challenges")
    expect(text).to_contain_text(f"{points} of 100")


def test_three_patches_are_marked_by_keyboard(visitor):
    visitor.open_tab("Challenges")
    cells = card(visitor, "guess").locator("rect[data-patch]")
    cells.first.focus()
    for _ in range(3):
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("ArrowRight")
    expect(card(visitor, "guess").locator('rect[aria-pressed="true"]')).to_have_count(3)
    expect(card(visitor, "guess").get_by_role("button", name="Check my guess")).to_be_enabled()


def test_tries_to_fool_the_model_are_listed_with_their_result(visitor):
    visitor.open_tab("Challenges")
    fool = card(visitor, "fool")
    visitor.press("Clear")
    fool.get_by_text("1", exact=True).click()
    visitor.draw(SEVEN)
    visitor.wait_for_reading()
    expect(fool.locator(".tries li")).to_have_count(1)
    expect(fool.locator(".best")).to_contain_text("Fooled! Read as 7")
    with visitor.page.expect_download() as waiting:
        visitor.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
        fool.get_by_role("button", name="Copy result").click()
    assert "it reads my 1 as 7" in waiting.value.path().read_text(encoding="utf-8")


def test_the_least_ink_of_a_digit_is_stored(visitor):
    visitor.open_tab("Challenges")
    slot = card(visitor, "ink").locator(".slots li").nth(7)
    visitor.press("Clear")
    visitor.draw(SEVEN)
    visitor.wait_for_reading()
    expect(slot).to_contain_text(re.compile(r"7\d+\.\d"))
    shown = float(slot.locator("span").inner_text())
    drawing, _ = trace_of_sheet(visitor)
    assert shown == pytest.approx(float(drawing.sum()), abs=0.6)


def test_a_copied_result_opens_its_challenge_in_another_browser(visitor, browser, app):
    visitor.open_tab("Challenges")
    visitor.page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    fool = card(visitor, "fool")
    visitor.press("Clear")
    fool.get_by_text("1", exact=True).click()
    visitor.draw(SEVEN)
    visitor.wait_for_reading()
    fool.get_by_role("button", name="Copy result").click()
    expect(visitor.page.locator("#challenges .message")).to_contain_text("copied")
    words, link = visitor.page.evaluate("window.copied").split("\n")
    assert "it reads my 1 as 7" in words
    assert link.startswith(app)
    other = Visitor(browser.new_context(), link)
    expect(other.page.locator('#challenges [data-challenge="fool"] .dare')).to_contain_text(
        "meant a 1, and it was read as 7"
    )
    assert other.wait_for_reading() == 7  # the link contains the drawing
    assert other.errors == []
    other.context.close()
