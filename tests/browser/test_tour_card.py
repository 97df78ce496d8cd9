"""Test the card of a tour: by keyboard alone, left and resumed, in sight at every step, in any theme."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.test_keyboard_pen import FOUR, press
from tests.browser.test_layout import PHONE
from tests.browser.tourist import NOTICED, STEPS, Tourist

pytestmark = pytest.mark.browser


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
