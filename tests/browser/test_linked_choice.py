"""Test that a choice in one tab holds in all tabs, and that the drawing stays visible."""

import re

import pytest
from playwright.sync_api import expect

from demo.steps import STEPS

pytestmark = pytest.mark.browser

LONG = ("Patches", "Inside", "Layers", "Why", "What if")


def framed(visitor, holder: str) -> list[int]:
    """Return the patches, counted from 0, that a map frames in white."""
    cells = visitor.page.locator(f"{holder} rect[data-patch]")
    return [int(cell.get_attribute("data-patch")) for cell in cells.all() if cell.get_attribute("stroke") == "#fff"]


def test_patch_layer_head_and_digit_are_the_same_everywhere(visitor):
    """Choose the patch in Patches, the head in Distances and the digit in Why, then check each tab."""
    visitor.open_tab("Patches")
    page = visitor.page
    page.locator("#patches .grid [data-token='6']").click()
    visitor.open_tab("Distances")
    page.locator('#distances .plot [data-layer="1"][data-head="4"]').click()
    visitor.open_tab("Why")
    expect(page.locator("#why .answer[aria-busy=false]")).to_be_attached(timeout=30_000)
    page.get_by_label("Why 3?").check(force=True)

    expect(page.locator("#why .title")).to_contain_text("supports a 3", timeout=30_000)
    assert framed(visitor, '#why [data-map="exact"]') == [5]
    expect(page.locator("#sight rect")).to_have_attribute("data-token", "6")
    visitor.open_tab("Attention")
    expect(page.locator("#attention .title")).to_have_text("Layer 2, head 5: where patch 6 (row 2, column 2) looks")
    expect(page.locator('#attention .gallery [aria-pressed="true"]')).to_have_attribute("aria-label", "Layer 2, head 5")
    visitor.open_tab("Inside")
    expect(page.locator("#inside .asks")).to_have_text("The query of patch 6", timeout=30_000)
    for group, value in (("Layer", "2"), ("Head", "5")):
        expect(page.locator("#inside").get_by_label(f"{group} {value}", exact=True)).to_be_checked()
    visitor.open_tab("Layers")
    expect(page.locator("#layers .summary")).to_contain_text("After layer 2", timeout=30_000)
    expect(page.locator("#layers .asked")).to_have_text("Probability of 3 for each patch")
    expect(page.locator("#layers .who")).to_contain_text("row 2, column 2")
    assert framed(visitor, '#layers [data-map="says"]') == [5]
    visitor.open_tab("What if")
    expect(page.locator("#whatif .moved")).to_contain_text("What supports a 3 now", timeout=30_000)
    expect(page.locator("#whatif .frame .chosen")).to_have_attribute("data-place", "5")
    assert framed(visitor, '#whatif [data-map="attention"]') == [5]
    expect(page.locator("#whatif .parts .chosen")).to_have_accessible_name(re.compile("^Switch off layer 2, head 5"))
    visitor.open_tab("When")
    expect(page.locator("#when .bars [aria-pressed=true]")).to_have_attribute("title", re.compile("Single 3"))
    assert framed(visitor, '#when [data-map="image"]') == [5]


def test_choices_in_later_tabs_hold_in_the_first(visitor):
    page = visitor.page
    visitor.open_tab("What if")
    expect(page.locator("#whatif .summary[aria-busy=false]")).to_be_attached(timeout=30_000)
    page.locator("#whatif .bars button").nth(8).click()
    expect(page.locator("#whatif .moved")).to_contain_text("an 8", timeout=30_000)
    assert visitor.asked()["target"] == 8
    visitor.open_tab("Layers")
    page.locator('#layers [data-map="says"] [data-patch="10"]').click()
    visitor.open_tab("Inside")
    page.locator("#inside").get_by_label("Layer 1", exact=True).check(force=True)
    visitor.open_tab("Patches")
    expect(page.locator("#patches .title")).to_have_text("Token 11: row 3, column 3")
    expect(page.locator("#patches .mosaic .chosen")).to_have_attribute("data-token", "11")
    visitor.open_tab("Attention")
    expect(page.locator("#attention .title")).to_contain_text("Layer 1, mean of the heads: where patch 11")
    visitor.open_tab("Why")
    expect(page.get_by_label("Why 8?")).to_be_checked()


def test_the_sheet_and_the_bars_stay_in_view_beside_a_long_tab(visitor):
    for tab in LONG:
        visitor.open_tab(tab)
        for height in (720, 900):
            visitor.page.set_viewport_size({"width": 1280, "height": height})
            visitor.page.wait_for_timeout(300)
            visitor.page.evaluate("scrollTo(0, 0.6 * (document.documentElement.scrollHeight - innerHeight))")
            assert visitor.page.evaluate("scrollY") > 60, tab
            for part in ("#pad .sheet", "#bars ol"):
                box = visitor.page.locator(part).bounding_box()
                assert box["y"] >= 0, (tab, part)
                assert box["y"] + box["height"] <= height, (tab, part)
            steps = visitor.page.locator("#navigation").bounding_box()
            assert 0 <= steps["y"] < 40, tab
        visitor.page.evaluate("scrollTo(0, 0)")


def test_on_a_phone_nothing_covers_the_page_while_scrolling(visit):
    visitor = visit(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    for tab in LONG:
        visitor.open_tab(tab)
        assert visitor.page.evaluate(STUCK) == [], tab


# Parts that would not scroll with the page, except for table heads, which stay in their own scrolling box.
STUCK = """() => [...document.querySelectorAll("#page, #page *")].filter(part => part.checkVisibility()
    && ["sticky", "fixed"].includes(getComputedStyle(part).position) && !part.closest("table"))
    .map(part => part.id || part.className)"""


def test_every_step_and_view_is_visible_by_name(visitor):
    """No view is hidden in a menu, where a new visitor would not find it."""
    page = visitor.page
    steps = page.locator("#navigation .steps button")
    expect(steps.locator(".title")).to_have_text([step.title for step in STEPS])
    for step, button in zip(STEPS, steps.all(), strict=True):
        button.click()
        views = page.locator("#navigation .views button") if len(step.views) > 1 else button
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for part in [button, *views.all()]:
                box = part.bounding_box()
                assert box["x"] >= 0, (step.name, width)
                assert box["x"] + box["width"] <= width, (step.name, width)
        for view in step.views:
            visitor.open_tab(view.TITLE)
            expect(page.locator("#tabs h2").locator("visible=true")).to_have_text([view.QUESTION])
