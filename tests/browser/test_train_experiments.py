"""Test the experiments of tab Train in Chromium: one click starts each, and one card has the result."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.training import MOMENT, button, message

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOLLOWING = ("#training", "#result", "#live-view", "#curves", "#runs")  # views that follow a training


def top(visitor, selector: str) -> float:
    box = visitor.page.locator(selector).bounding_box()
    assert box is not None
    return box["y"] + visitor.page.evaluate("scrollY")


def setting(visitor, label: str) -> str:
    return visitor.page.get_by_label(label, exact=True).input_value()


@pytest.mark.parametrize("size", [(1280, 650), (390, 844)])
def test_before_a_training_empty_views_are_hidden(visit, size):
    visitor = visit(viewport={"width": size[0], "height": size[1]})
    visitor.open_tab("Train")
    expect(visitor.page.locator("#gradient-step .summary")).to_be_attached()
    visitor.page.wait_for_function("document.querySelector('#runs [data-mounted]')")
    for view in FOLLOWING:
        expect(visitor.page.locator(view)).to_be_hidden()
    begin = visitor.page.locator("#begin").bounding_box()
    assert begin is not None
    assert top(visitor, "#gradient-step") - top(visitor, "#begin") - begin["height"] < 130  # the closed settings


def test_the_experiment_without_sevens_ends_in_time_and_can_be_compared(visitor, tmp_path):
    """After thirty seconds the card has the accuracy, and the model without sevens misreads a 7."""
    page = visitor.page
    visitor.open_tab("Train")
    page.get_by_role("button", name="Never show it a 7").click()
    expect(page.locator("#live-view .summary")).to_contain_text(re.compile(r"After \d+ step"), timeout=MOMENT)
    expect(page.locator("#begin .big")).to_be_disabled()
    page.locator("#training-settings button.label-wrap").click()
    assert setting(visitor, "Time limit in seconds") == "30"
    expect(page.locator("#training-settings").get_by_label("7", exact=True)).to_be_checked()

    card = page.locator("#result")
    expect(card).to_be_visible(timeout=2 * MOMENT)
    expect(message(visitor)).to_contain_text(re.compile(r"Finished: it reads (only )?\d+\.\d % of the validation"))
    expect(card.locator(".accuracy")).to_contain_text(re.compile(r"It reads (only )?\d+ of 100 validation images"))
    expect(card.locator(".look-for")).to_contain_text("Now draw a 7")
    card.scroll_into_view_if_needed()  # the drawing is read when the card becomes visible
    expect(card.locator(".reads")).to_contain_text(re.compile("It reads your drawing as [^7],"), timeout=MOMENT)
    button(visitor, "Let it read").click()
    expect(visitor.reader).to_contain_text("your model", timeout=MOMENT)
    expect(card.get_by_role("button", name="Compare")).to_be_hidden()

    visitor.reload()
    visitor.open_tab("Train")
    expect(card).to_be_visible(timeout=MOMENT)
    page.locator("#begin input").fill("20")
    page.get_by_role("button", name="Try it").click()
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    expect(card).to_be_hidden()
    expect(card).to_be_visible(timeout=2 * MOMENT)
    expect(card.locator(".challenge")).to_contain_text(
        re.compile(r"Least data: \d\d\.\d\d % .* from 200 training images")
    )
    card.get_by_role("button", name="Compare").click()
    expect(page.locator("#runs .side h5")).to_have_count(2, timeout=MOMENT)
    with page.expect_download() as waiting:
        card.get_by_role("button", name="Download the model").click()
    assert waiting.value.suggested_filename.endswith(".safetensors")


def test_an_experiment_can_be_stopped_and_an_impossible_number_is_refused(visitor):
    page = visitor.page
    visitor.open_tab("Train")
    page.locator("#begin input").fill("2.5")
    page.get_by_role("button", name="Try it").click()
    page.wait_for_timeout(500)
    expect(page.locator("#training")).to_be_hidden()  # the browser asks for a whole number
    page.get_by_role("button", name="Without positions").click()
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    button(visitor, "Stop").click()
    expect(message(visitor)).to_contain_text("Stopped", timeout=MOMENT)
    expect(page.locator("#result .look-for")).to_contain_text("shuffle all patches")
    expect(page.locator("#begin .big")).to_be_enabled()
