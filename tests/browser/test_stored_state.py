"""Test the state that the page restores: without site data, after a reload, and after a lost connection."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from demo.steps import TABS
from tests.browser.chromium import LAUNCH_ARGS, ensure
from tests.browser.training import MOMENT, button, message, set_up, start
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEVEN = [[(60, 60), (220, 60), (120, 230)]]
SLEEP = 8.0  # seconds; after five the app closes an idle connection
NOTE_SLEEP = """() => {
    let last = performance.now();
    window.slept = 0;
    setInterval(() => {
        window.slept = Math.max(window.slept, performance.now() - last);
        last = performance.now();
    }, 50);
}"""
NO_COOKIES = {"profile": {"default_content_setting_values": {"cookies": 2}}}


@pytest.fixture
def without_site_data(browser: Browser, app: str, tmp_path: Path) -> Iterator[Visitor]:
    """Open the page in a Chromium that blocks all cookies and other site data."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(NO_COOKIES))
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=ensure(), args=LAUNCH_ARGS, viewport={"width": 1280, "height": 900}
    )
    other_page = context.new_page()
    other_page.goto(f"{app}theme.css")  # a document of the same site, without the page's scripts
    assert other_page.evaluate(
        "() => { try { return String(localStorage); } catch (error) { return error.name; } }"
    ) == ("SecurityError")
    other_page.close()
    visitor = Visitor(context, app)
    yield visitor
    context.close()
    assert visitor.errors == [] and visitor.outside == []


def test_without_site_data_a_reload_finds_the_training(without_site_data):
    start(without_site_data, epochs=20, images=20000)
    expect(message(without_site_data)).to_contain_text("Epoch", timeout=MOMENT)
    expect(without_site_data.page.locator("#runs li[data-run]")).to_have_count(1, timeout=MOMENT)
    without_site_data.reload()
    expect(without_site_data.open_view).to_have_text("Train")
    expect(message(without_site_data)).to_contain_text("Epoch", timeout=MOMENT)
    button(without_site_data, "Stop").click()
    expect(message(without_site_data)).to_contain_text("Stopped after", timeout=MOMENT)
    expect(button(without_site_data, "Let it read")).to_be_visible(timeout=MOMENT)
    button(without_site_data, "Let it read").click()
    expect(without_site_data.reader).to_contain_text("your model")


def test_a_first_visit_opens_the_first_tab_and_a_reload_the_last_one(visitor):
    expect(visitor.open_view).to_have_text(TABS[0].TITLE)
    visitor.reload()
    expect(visitor.open_view).to_have_text(TABS[0].TITLE)
    for title in ("What if", "Attention"):
        visitor.open_tab(title)
        visitor.reload()
        expect(visitor.open_view).to_have_text(title)
    expect(visitor.page.locator("#attention .gallery")).to_be_visible()
    other = Visitor(visitor.context, visitor.page.url)
    expect(other.open_view).to_have_text(TABS[0].TITLE)


def test_after_a_lost_connection_tab_drawing_and_training_are_restored(visitor):
    page = visitor.page
    visitor.draw(SEVEN)
    visitor.wait_for_reading()
    ink = visitor.ink()
    start(visitor, epochs=20, images=20000)
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    page.evaluate("window.before = true")
    visitor.context.set_offline(True)
    expect(page.get_by_text("Connection to the server was lost").first).to_be_visible(timeout=MOMENT)
    visitor.context.set_offline(False)
    page.wait_for_function("window.before === undefined", timeout=MOMENT)
    visitor.wait_for_reading()
    expect(visitor.open_view).to_have_text("Train")
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    expect(button(visitor, "Stop")).to_be_enabled()
    assert visitor.ink() == ink
    button(visitor, "Stop").click()
    expect(message(visitor)).to_contain_text("Stopped after", timeout=MOMENT)
    visitor.errors.clear()  # errors while offline are expected


def sleep(visitor, browser):
    """Stop all processes of the browser for a while, as a device that sleeps does."""
    visitor.page.evaluate(NOTE_SLEEP)
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    try:
        for process in processes:
            os.kill(process["id"], signal.SIGSTOP)
        time.sleep(SLEEP)
    finally:
        for process in processes:
            os.kill(process["id"], signal.SIGCONT)
    visitor.page.wait_for_function("milliseconds => window.slept > milliseconds", arg=900 * SLEEP)


def test_a_page_that_slept_goes_on(visitor, browser):
    visitor.draw(SEVEN)
    visitor.wait_for_reading()
    ink = visitor.ink()
    start(visitor, epochs=20, images=20000)
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    sleep(visitor, browser)
    with visitor.page.expect_request("**/run/*", timeout=MOMENT):  # the page asks about its training
        pass
    assert visitor.ink() == ink
    visitor.page.get_by_role("button", name="Clear").first.click()
    visitor.draw([[(140, 40), (140, 240)]])
    visitor.wait_for_reading()
    assert visitor.ink() != ink
    button(visitor, "Stop").click()
    expect(message(visitor)).to_contain_text("Stopped after", timeout=MOMENT)


def test_the_list_follows_the_training_while_it_is_not_visible(visitor):
    start(visitor, epochs=20, images=20000)
    figures = visitor.page.locator("#runs li[data-run] .figures")
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    expect(figures).to_contain_text("Epoch", timeout=MOMENT)
    button(visitor, "Stop").click()
    expect(figures).to_contain_text(re.compile(r"Stopped after .* of the test images"), timeout=MOMENT)
    expect(visitor.page.locator("#runs")).not_to_be_in_viewport()


def test_the_time_in_the_plan_is_updated_after_another_training(visit):
    anna, ben = visit(), visit()
    start(anna, epochs=20, images=20000)
    expect(message(anna)).to_contain_text("Epoch", timeout=MOMENT)
    expect(anna.page.locator("#plan")).to_contain_text("at the speed of the training that runs now", timeout=MOMENT)
    set_up(ben)
    ben.page.get_by_label("after it (post)").check()  # no other test measures it in this app
    planned = ben.page.locator("#plan")
    expect(planned).to_contain_text("because a training runs now", timeout=MOMENT)
    expect(ben.page.locator("#unwatched")).to_contain_text("seconds after you close this page")
    button(anna, "Stop").click()
    expect(anna.page.locator("#plan")).to_contain_text("measured here with a few steps", timeout=MOMENT)
    expect(planned).to_contain_text("measured here with a few steps", timeout=MOMENT)
