"""Test the live view in Chromium: the drawing is read during training; pause, change settings, move the slider back."""

import re

import pytest
from playwright.sync_api import expect

from demo.training.curves import MAX_POINTS
from tests.browser.training import MOMENT, message, start, updates_plan

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLIDER = "#live-view .way input"


def command(visitor, name):
    return visitor.page.locator("#training .pacing").get_by_role("button", name=name)


def summary(visitor):
    return visitor.page.locator("#live-view .summary")


def moments(visitor) -> int:
    return visitor.page.locator("#live-view .moments i").count()


def bars(visitor) -> list[str]:
    return visitor.page.locator("#live-view .bars .share").all_inner_texts()


def test_watch_pause_change_and_move_back(visitor, tmp_path):
    """One training goes through all steps, since a training takes half a minute."""
    page = visitor.page
    start(visitor, epochs=3, images=3000)
    expect(summary(visitor)).to_contain_text(re.compile(r"After \d+ steps? it reads your drawing as"), timeout=MOMENT)
    first = summary(visitor).inner_text()
    expect(summary(visitor)).not_to_have_text(first, timeout=MOMENT)
    expect(page.locator("#live-view .machine")).to_be_hidden()

    command(visitor, "Pause").click()
    expect(message(visitor)).to_contain_text("Paused after", timeout=MOMENT)
    page.locator("#live-view").scroll_into_view_if_needed()  # out of sight, the view asks for no moments
    expect(page.locator(SLIDER)).to_be_visible(timeout=MOMENT)
    paused = int(re.findall(r"Paused after (\d+)", message(visitor).inner_text())[0])
    command(visitor, "One step").click()
    expect(message(visitor)).to_contain_text(f"Paused after {paused + 1} steps", timeout=MOMENT)
    expect(summary(visitor)).to_contain_text(f"After {paused + 1} steps")

    page.locator("#curves summary").click()
    rate = page.locator('#curves [data-setting="lr"]')
    rate.press("ArrowLeft")
    expect(page.locator("#curves .changes")).to_contain_text(f"step {paused + 1}: lr 0.008 → 0.004", timeout=MOMENT)
    assert page.locator("#curves svg.loss line.mark").count() == 1
    rate.press("ArrowRight")
    expect(page.locator("#curves .changes")).to_contain_text("lr 0.004 → 0.008")

    page.locator("#live-view .bars").scroll_into_view_if_needed()  # it sends requests only while it is visible
    with page.expect_response(lambda answer: '"snapshots"' in (answer.request.post_data or ""), timeout=MOMENT):
        visitor.page.get_by_role("button", name="Example: a 3").click()  # the new drawing is read in all moments
    visitor.wait_for_reading()
    expect(page.locator("#live-view .why")).to_be_visible(timeout=MOMENT)
    download(visitor, tmp_path)
    command(visitor, "Go on").click()
    expect(page.locator("#live-view .machine")).to_be_hidden(timeout=MOMENT)
    expect(message(visitor)).to_contain_text("Finished", timeout=3 * MOMENT)
    expect(page.locator("#live-view .moment")).to_contain_text("Moment", timeout=MOMENT)
    expect(summary(visitor)).to_contain_text("as 3")

    move_back(visitor)
    hide_and_show(visitor)


def download(visitor, folder):
    """Save the moment that is shown, and the four charts with the changed setting."""
    png, drawn = visitor.save_both("live-view", folder, 20)
    assert png.stem.startswith("watched-step-")
    assert summary(visitor).inner_text() in drawn
    assert all(share.replace(">", "&gt;") in drawn for share in bars(visitor))
    assert drawn.count("data-patch") == 3 * 16  # attention, and two maps of what supports the digit
    assert drawn.count("<image") == 3 + visitor.page.locator("#live-view .test-digits canvas").count()
    _, drawn = visitor.save_both("curves", folder, 5)
    assert drawn.count("<polyline") == 4 * 2
    for name in ("loss", "accuracy", "lr", "gradient"):
        line = visitor.page.locator(f"#curves svg.{name} polyline.train").get_attribute("points")
        assert f'points="{line}"' in drawn
    assert "lr 0.008 → 0.004" in drawn


def move_back(visitor):
    """Go through all moments by keyboard and by playing: no request is sent, and the marked moment is right."""
    page, count, requests = visitor.page, moments(visitor), []
    page.wait_for_load_state("networkidle")
    page.on("request", lambda request: requests.extend([request]))
    assert 10 < count < MAX_POINTS
    text_of_turn = page.locator("#live-view .moment").inner_text()
    turn_step = int(re.findall(r"From step ([\d,]+) on it is read as 3", text_of_turn)[0].replace(",", ""))
    last = bars(visitor)
    page.locator(SLIDER).press("Home")
    expect(summary(visitor)).to_contain_text("Before the first step")
    assert bars(visitor) != last
    read = {}
    for _ in range(count):
        text = summary(visitor).inner_text()
        step = re.findall(r"After ([\d,]+) step", text)
        read[int(step[0].replace(",", "")) if step else 0] = re.findall(r"(?:as|guesses) (\d)", text)[0]
        page.locator(SLIDER).press("ArrowRight")
    assert len(read) == count and all(digit == "3" for step, digit in read.items() if step >= turn_step)
    assert read[max(step for step in read if step < turn_step)] != "3"
    assert bars(visitor) == last
    page.locator("#live-view .play").click()
    expect(page.locator("#live-view .play")).to_contain_text("Pause")
    expect(page.locator("#live-view .play")).to_contain_text("Play", timeout=30_000)
    assert bars(visitor) == last
    assert [request.url for request in requests if not updates_plan(request)] == []
    assert not visitor.errors


def hide_and_show(visitor):
    """Hide the view and show it again: the chosen moment is still there, although the view asks for the present."""
    page = visitor.page
    page.locator(SLIDER).press("Home")
    page.locator("#live-view").evaluate("watch => { watch.style.display = 'none'; }")
    with page.expect_request(lambda request: "component_server" in request.url):
        page.wait_for_timeout(300)
        page.locator("#live-view").evaluate("watch => { watch.style.display = ''; }")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    expect(page.locator(SLIDER)).to_have_value("0")
    expect(summary(visitor)).to_contain_text("Before the first step")
    assert not visitor.errors
