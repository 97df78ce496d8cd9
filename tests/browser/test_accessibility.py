"""Run axe-core in every tab, and test the contrast of the edges of radio buttons and checkboxes."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import COLOURS, faults
from tests.browser.test_layout import TABS

pytestmark = pytest.mark.browser

WAIT = 120_000  # milliseconds: a slow machine reads 10,000 digits for the Test tab


def settled(page: Page) -> None:
    """Wait until the open tab is complete: no view is busy any more."""
    page.wait_for_timeout(400)
    expect(page.locator("#tabs [aria-busy=true]:visible")).to_have_count(0, timeout=WAIT)


def test_axe_finds_nothing_in_any_tab(visitor):
    """In the dark theme only colours differ; and the parts beside the view are the same in each view."""
    page = visitor.page
    for tab in TABS:
        visitor.open_tab(tab)
        settled(page)
        parts = ["#welcome", "#shared", "#tabs"] if tab in (TABS[0], TABS[-1]) else ["#tabs"]
        assert faults(page, parts) == [], tab
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.body.classList.contains('dark')")
        settled(page)
        assert faults(page, parts, COLOURS) == [], f"{tab}, dark"
        page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_radio_buttons_and_checkboxes_have_a_visible_edge(visit, theme):
    """WCAG 1.4.11 asks for a contrast of 3 to 1 between the edge of a control and its background."""
    visitor = visit(color_scheme=theme)
    visitor.open_tab("Train")
    for accordion in visitor.page.locator("#tabs [role=tabpanel] button.label-wrap:visible").all():
        accordion.click()
    expect(visitor.page.locator("#tabs input[type=checkbox]:visible").first).to_be_visible()
    visitor.page.wait_for_timeout(400)
    contrasts = visitor.page.evaluate(EDGES)
    assert {kind for kind, _ in contrasts} == {"radio", "radio checked", "checkbox"}
    assert [(kind, ratio) for kind, ratio in contrasts if ratio < 3] == []


# The contrast between the border of each visible native control and the nearest opaque colour behind it.
EDGES = """() => {
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = colour => {
        paint.clearRect(0, 0, 1, 1);
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const light = colour => rgba(colour).slice(0, 3).map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = part => {
        for (let at = part.parentElement; at; at = at.parentElement) {
            const { backgroundColor } = getComputedStyle(at);
            if (rgba(backgroundColor)[3] === 255) return backgroundColor;
        }
        return "white";
    };
    return [...document.querySelectorAll("#tabs input:is([type=radio], [type=checkbox])")]
        .filter(part => part.checkVisibility({ opacityProperty: true }) && getComputedStyle(part).appearance === "none")
        .map(part => [part, [light(getComputedStyle(part).borderTopColor), light(behind(part))].sort((a, b) => b - a)])
        .map(([part, [high, low]]) => [part.type + (part.checked ? " checked" : ""), (high + 0.05) / (low + 0.05)]);
}"""
