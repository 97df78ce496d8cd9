"""Test that the pad and its answer stay together and visible at every window size."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import settled
from tests.browser.test_layout import PHONE, TABS

pytestmark = pytest.mark.browser

ANSWER = ("#pad .sheet", "#bars .answer", "#bars .summary", "#bars small", "#bars li:last-child")


def bottom(visitor, selector: str) -> float:
    box = visitor.page.locator(selector).bounding_box()
    assert box is not None, selector
    return box["y"] + box["height"]


def test_in_every_view_the_answer_is_visible_and_the_page_fills_the_window(visitor):
    """The view starts in the upper half. A width of 640 pixels is a window of 1280 at a zoom of 200 %."""
    page = visitor.page
    for title in TABS:
        visitor.open_tab(title)
        for width, height in ((1280, 650), (1366, 660), (1920, 1080), (2560, 1300)):
            page.set_viewport_size({"width": width, "height": height})
            heading = page.locator("#tabs h2:visible").first.bounding_box()
            assert heading["y"] < height / 2, (title, width)
            for selector in ANSWER:
                assert bottom(visitor, selector) <= height, (title, width, selector)
            if width == 1920:
                check_width(page, title)
        for width in (2560, 820, 640, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(200)
            scrolled, inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert scrolled <= inner, (title, width)


def check_width(page: Page, title: str) -> None:
    """Check that the page fills most of the window and is centred."""
    box = page.locator("#page").bounding_box()
    inner = page.evaluate("document.documentElement.clientWidth")
    assert box is not None
    assert abs(box["x"] - (inner - box["x"] - box["width"])) <= 2, title
    assert box["width"] > 0.85 * inner, title


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_pad_and_answer_come_first_and_then_the_views(visit, width):
    visitor = visit(**(PHONE | {"viewport": {"width": width, "height": 844}}))
    end = bottom(visitor, "#shared")
    assert max(bottom(visitor, selector) for selector in ANSWER) < end <= 640
    steps = visitor.page.locator("#navigation").bounding_box()
    assert steps["y"] - end < 40


@pytest.mark.parametrize("width", [390, 768])
def test_a_strip_shows_the_answer_where_the_pad_scrolls_away(visit, width):
    visitor = visit(viewport={"width": width, "height": 844})
    strip = visitor.page.locator("#strip button")
    expect(strip).to_be_hidden()
    visitor.page.locator("#next-question button").scroll_into_view_if_needed()
    expect(strip).to_be_in_viewport()
    expect(strip).to_contain_text("7")
    expect(strip).to_contain_text("sure")
    strip.click()
    expect(visitor.page.locator("#pad .sheet")).to_be_in_viewport()
    expect(strip).to_be_hidden()


def test_while_the_pad_is_visible_there_is_no_strip(visitor):
    visitor.page.locator("#next-question button").scroll_into_view_if_needed()
    expect(visitor.page.locator("#strip")).to_be_hidden()


def test_touch_targets_are_44_pixels_high(visit):
    visitor = visit(**PHONE)
    for title in TABS:
        visitor.open_tab(title)
        settled(visitor.page)
        assert visitor.page.evaluate(SMALL) == [], title


# What is too small for a finger; the cells of maps, which fill the width of the screen, are not meant.
SMALL = """() => {
    const ours = `:is(#welcome, #shared, #navigation, #next-question) :is(button, label),
        #tabs :is(button, select, input:is([type=text], [type=number]), label:has(> input + span))`;
    return [...document.querySelectorAll(ours)]
        .filter(part => part.checkVisibility() && !part.matches("#attention .gallery button"))
        .map(part => [part.textContent.trim() || part.getAttribute("aria-label"), part.getBoundingClientRect().height])
        .filter(([, height]) => height && height < 43.5).map(([name, height]) => `${name}: ${height}`);
}"""
