"""Test the list of trainings in Chromium: names, comparison, reading, download, deletion, and a reload."""

import re

import pytest
from playwright.sync_api import expect

import vit
from tests.browser.training import MOMENT, button, message, set_up
from train import run_folder as folders
from vit.checkpoint import read_header

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def card(visitor, at: int):
    return visitor.page.locator("#runs li[data-run]").nth(at)


def train_once(visitor, count: int):
    expect(button(visitor, "Start")).to_be_enabled(timeout=MOMENT)
    button(visitor, "Start").click()
    expect(visitor.page.locator("#training .message")).not_to_contain_text("Finished", timeout=MOMENT)
    expect(message(visitor)).to_contain_text("Finished", timeout=2 * MOMENT)
    visitor.page.locator("#runs").scroll_into_view_if_needed()
    expect(visitor.page.locator("#runs li[data-run]")).to_have_count(count, timeout=MOMENT)


def test_trainings_are_listed_compared_and_restored(visitor, tmp_path):
    page = visitor.page
    set_up(visitor, epochs=1, images=1000)
    train_once(visitor, 1)
    train_once(visitor, 2)
    expect(card(visitor, 0)).to_contain_text("of the test images")
    expect(card(visitor, 0).get_by_label("Name of this training")).to_have_value("Run 2")
    name = card(visitor, 1).get_by_label("Name of this training")
    name.fill("<b>mine</b>")
    name.press("Enter")

    for at in (0, 1):
        card(visitor, at).get_by_label("Compare").check()
    expect(page.locator("#runs .side h5")).to_have_text(
        [re.compile(r"Run 2 reads \d"), re.compile(r"<b>mine</b> reads \d")]
    )
    assert page.locator("#runs .side .bars li.best").count() == 2

    with page.expect_download() as waiting:
        card(visitor, 1).get_by_role("button", name="Download").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.suffix == ".safetensors" and vit.load(path).num_params == 269_098
    assert folders.resume(path).done_epochs == 1
    assert f"{100 * read_header(path).figures['test']['accuracy']:.2f} %" in card(visitor, 1).inner_text()

    card(visitor, 1).get_by_role("button", name="Let it read").click()
    expect(visitor.reader).to_contain_text("your model", timeout=MOMENT)

    visitor.reload()
    visitor.open_tab("Train")
    page.locator("#runs").scroll_into_view_if_needed()
    expect(page.locator("#runs li[data-run]")).to_have_count(2, timeout=MOMENT)
    expect(card(visitor, 1).get_by_label("Name of this training")).to_have_value("<b>mine</b>")
    card(visitor, 1).get_by_role("button", name="Delete").click()
    expect(page.locator("#runs li[data-run]")).to_have_count(1, timeout=MOMENT)
    expect(page.locator("#runs .chart svg polyline")).to_have_count(2)
    assert not visitor.errors


def test_a_link_leads_to_a_training_from_another_browser(visitor, visit):
    set_up(visitor, epochs=20, images=20000)
    button(visitor, "Start").click()
    alone = visitor.page.get_by_label("Go on while nobody looks")
    expect(alone).to_be_visible(timeout=MOMENT)
    alone.check()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.locator("#runs").scroll_into_view_if_needed()
    card(visitor, 0).get_by_role("button", name="Copy link").click()
    expect(visitor.page.locator("#runs .message")).to_contain_text("Link copied.")
    link = visitor.page.evaluate("navigator.clipboard.readText()")

    other = visit(locale="en-GB")  # a context of its own
    other.page.goto("about:blank")
    other.page.goto(link)
    other.wait_for_reading()
    expect(other.open_view).to_have_text("Train")
    expect(message(other)).to_contain_text("Epoch", timeout=MOMENT)
    expect(other.page.get_by_label("Go on while nobody looks")).to_be_checked()
    button(other, "Stop").click()
    expect(message(visitor)).to_contain_text("Stopped", timeout=MOMENT)
