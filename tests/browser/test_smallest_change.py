"""Smallest change in Chromium: the runner-up at first, the steps, another class, exact patches, and the pad."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import payload

pytestmark = pytest.mark.browser

WAIT = 60_000  # milliseconds


def opened(visitor):
    visitor.open_tab("Smallest change")
    view = visitor.page.locator("#smallest-change")
    expect(view.locator(".content")).to_be_visible(timeout=WAIT)
    return view


def wanted(view) -> str:
    return view.locator(".digits input:checked").input_value()


def test_the_runner_up_is_wanted_first_and_the_steps_can_be_replayed(visitor):
    view = opened(visitor)
    target, slider = wanted(view), view.locator(".way input")
    expect(view.locator(".summary")).to_contain_text(re.compile(rf"pixels of ink .* turn your 7 into an? {target} for"))
    expect(view.locator(".now")).to_contain_text(re.compile(rf"^Step (\d+) of \1\. .*{target}, "))
    expect(view.locator(".bars .best")).to_contain_text(target)
    slider.focus()
    visitor.page.keyboard.press("Home")
    expect(view.locator(".now")).to_contain_text("Your drawing. Read as 7, ")
    asked = len(visitor.readings)
    view.get_by_role("button", name="Play").click()
    expect(view.locator(".now")).to_contain_text(re.compile(r"^Step (\d+) of \1\."), timeout=WAIT)
    assert len(visitor.readings) == asked  # the replay asks nobody


def test_another_digit_and_exact_patches(visitor):
    view = opened(visitor)
    expect(view.get_by_role("radio", name="Turn it into 7")).to_be_disabled()
    view.get_by_role("radio", name="Turn it into 2").check()
    expect(view.locator(".summary")).to_contain_text("7 into a 2", timeout=WAIT)
    visitor.page.wait_for_function("location.hash.includes('digit=2')")
    view.get_by_label("rub out patches").check()
    expect(view.locator(".summary")).to_contain_text("This is exact", timeout=WAIT)
    asked = payload(visitor.readings[-1])
    assert (asked["target"], asked["way"]) == (2, "patches")


def test_the_changed_drawing_is_put_on_the_pad_and_read_as_the_other_digit(visitor):
    view = opened(visitor)
    target = wanted(view)
    view.get_by_role("button", name="Put it on the pad").click()
    expect(visitor.spoken).to_contain_text(target, timeout=WAIT)
    expect(view.locator(".summary")).to_contain_text(f"your {target} into", timeout=WAIT)


def test_the_way_from_why_to_the_change_and_to_both_drawings(visitor):
    visitor.open_tab("Why")
    visitor.page.get_by_role("button", name=re.compile("^Why not an? .* smallest change")).click(timeout=WAIT)
    expect(visitor.open_view).to_have_text("Smallest change")
    view = visitor.page.locator("#smallest-change")
    expect(view.locator(".content")).to_be_visible(timeout=WAIT)
    target = wanted(view)
    view.get_by_role("button", name="Compare both in Two drawings").click()
    expect(visitor.open_view).to_have_text("Two drawings")
    both = visitor.page.locator("#two-drawings")
    expect(both.locator(".source")).to_have_text(f"Kept: {target}", timeout=WAIT)
    expect(both.locator(".receiver")).to_have_text("New: 7")
    expect(both.locator(".summary")).to_contain_text(f"of the way from 7 to {target}")


def test_the_figure_has_both_images_and_the_sentence(visitor, tmp_path):
    view = opened(visitor)
    _, svg = visitor.save_both("smallest-change", tmp_path, least=8)
    assert svg.count("<image") == 2
    assert view.locator(".summary").inner_text()[:20] in svg
