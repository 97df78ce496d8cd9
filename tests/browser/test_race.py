"""Race in Chromium: three networks learn and read the drawing; stopped, they are tested and asked why."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_race_is_followed_stopped_and_explained(visitor):
    visitor.open_tab("Race")
    view = visitor.page.locator("#race")
    view.get_by_role("button", name="Start the race").click()
    cards = view.locator(".card")
    expect(cards).to_have_count(3, timeout=90_000)
    expect(cards.first.locator(".weights")).to_have_text("269,098 parameters")
    for card in cards.all():
        expect(card.locator(".digit")).to_have_text(re.compile(r"^\d$"), timeout=30_000)
    view.get_by_role("button", name="Stop").click()
    expect(view.locator(".changes tbody tr")).to_have_count(6, timeout=90_000)
    expect(view.locator(".summary")).to_contain_text("With their patches shuffled, the ViT still reads")
    for card in cards.all():
        expect(card.locator(".why")).to_have_text(f"Why {card.locator('.digit').inner_text()}: exact", timeout=90_000)
        expect(card.locator("rect[data-patch]")).to_have_count(16)
    expect(view.locator(".message")).to_have_text("")
    view.get_by_text("Own seconds").click()
    expect(view.locator(".chart svg")).to_contain_text("seconds of its own training")
    visitor.reload()  # the race is still known
    visitor.open_tab("Race")
    expect(view.locator(".changes tbody tr")).to_have_count(6, timeout=60_000)
