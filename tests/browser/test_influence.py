"""Learned from, in Chromium: the search begins by a button, follows the drawing, and is checked by unlearning."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WAIT = 400_000  # milliseconds: a busy machine takes minutes to read 55,000 training digits
GROUPS = ["supporters", "nearest", "hardest", "same_label", "random"]


def opened(visitor):
    visitor.open_tab("Learned from")
    return visitor.page.locator("#influence")


def changes(view) -> list[str]:
    return view.locator(".effects tbody td:nth-child(2) b").all_inner_texts()


def test_the_search_follows_the_drawing_and_nothing_is_asked_before_the_button(visitor):
    view = opened(visitor)
    visitor.page.wait_for_timeout(700)
    assert not any('"fn_name":"find"' in (asked.post_data or "") for asked in visitor.readings)
    expect(view.locator(".content")).to_be_hidden()
    view.get_by_role("button", name="Search the training digits").click()
    expect(view.locator(".content")).to_be_visible(timeout=WAIT)
    assert any('"fn_name":"find"' in (asked.post_data or "") for asked in visitor.readings)
    for name in ("Nearest", "Support the answer most", "Oppose the answer most"):
        group = view.get_by_role("region", name=name)
        expect(group.get_by_role("img")).to_have_count(20)
        expect(group.get_by_role("img").first).to_have_accessible_name(re.compile(r"^labelled \d, (but )?read as \d$"))
    expect(view.locator(".summary")).to_contain_text(re.compile(r"^Labelled 7: \d+ of the 20 nearest digits"))
    expect(view.locator(".source")).to_contain_text("55,000 training digits, with the final parameters alone")
    visitor.press("Example: a 4")
    expect(view.locator(".summary")).to_contain_text("Labelled 4:", timeout=WAIT)
    visitor.page.evaluate("async (bus) => (await import(bus)).emit('nothing', { reason: '' })", visitor.bus)
    expect(view.locator(".content")).to_be_hidden()
    expect(view.locator(".summary")).to_have_text("Draw a digit first")


def test_by_keyboard_digits_are_unlearned_in_both_ways(visitor):
    view, page = opened(visitor), visitor.page
    view.get_by_role("button", name="Search the training digits").press("Enter")
    expect(view.locator(".content")).to_be_visible(timeout=WAIT)
    view.get_by_role("button", name="Check it: unlearn them").press("Enter")
    rows = view.locator(".effects tbody tr")
    expect(rows).to_have_count(len(GROUPS), timeout=WAIT)
    assert [row.get_attribute("data-group") for row in rows.all()] == GROUPS
    expect(view.locator(".on-average")).to_contain_text("On average this holds up in part")
    expect(view.locator(".detail")).to_contain_text("harms it more than unlearning others")
    before = changes(view)
    assert all(re.fullmatch(r"[+−]?\d+\.\d\d", change) for change in before)
    view.get_by_role("radio", name="equally far").focus()
    page.keyboard.press("ArrowRight")
    expect(view.get_by_role("radio", name="with an equal learning rate")).to_be_checked()
    expect(view.locator(".detail")).to_contain_text("harms it more than unlearning others")
    assert changes(view) != before
    visitor.press("Example: a 4")
    expect(view.locator(".checked")).to_be_hidden()
