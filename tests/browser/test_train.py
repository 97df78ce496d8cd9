"""Test a training in Chromium: curves, reload, stop, use, back; and two visitors whose models never mix."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pen import LINE
from tests.browser.training import MOMENT, button, choose_number, message, set_up, start, updates_plan, wait_for_points
from tests.browser.visitor import EngineReading, Visitor, payload
from vit.checkpoint import Header, load, read_header

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_train_reload_stop_use_and_back(visitor):
    page = visitor.page
    start(visitor, epochs=20, images=20000)
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    height = page.locator("#training").bounding_box()["height"]
    nodes = page.evaluate("window.chart = document.querySelector('#curves svg.loss'); window.chart.isConnected")
    assert nodes
    first = wait_for_points(visitor, 1)
    second = wait_for_points(visitor, first)
    assert page.evaluate("window.chart.isConnected"), "the chart was replaced while it grew"
    assert page.locator("#training").bounding_box()["height"] == height
    expect(page.locator("#training .left")).to_contain_text("left")

    visitor.open_tab("Patches")
    visitor.reload()
    with page.expect_request("**/run/*"):  # the page asks about its training in any tab
        pass
    page.wait_for_timeout(1500)
    with page.expect_request("**/run/*"):
        pass
    visitor.open_tab("Train")
    expect(message(visitor)).to_contain_text("Epoch", timeout=MOMENT)
    wait_for_points(visitor, second)

    expect(button(visitor, "Let it read")).to_be_hidden()
    button(visitor, "Stop").click()
    expect(message(visitor)).to_contain_text("topped", timeout=MOMENT)
    expect(page.locator("#begin .big")).to_be_enabled()  # after a reload the settings are closed

    before = visitor.probabilities()
    expect(button(visitor, "Let it read")).to_be_visible(timeout=MOMENT)
    with page.expect_response(re.compile("component_server")):
        button(visitor, "Let it read").click()
    expect(visitor.reader).to_contain_text("your model: 16 patches")  # from the reading
    expect(page.get_by_role("radio", name="Your model")).to_be_checked()
    own = visitor.probabilities()
    assert own != before

    visitor.reload()
    assert "your model" in visitor.reader.inner_text()

    visitor.read_by("16 patches")
    expect(visitor.reader).to_contain_text("16 patches, 241,306")
    assert visitor.probabilities() == before
    visitor.reload()
    expect(visitor.reader).to_contain_text("16 patches, 241,306")
    assert visitor.probabilities() == before

    visitor.read_by("Your model")
    assert visitor.probabilities() == own
    visitor.reload()
    assert visitor.probabilities() == own


def test_an_own_model_reads_in_the_browser_as_the_server_reads(visitor):
    start(visitor, epochs=1, images=1000)
    expect(message(visitor)).to_contain_text("Finished", timeout=MOMENT)
    button(visitor, "Let it read").click()
    expect(visitor.reader).to_contain_text("your model: 16 patches")
    visitor.press("Example: a 3")
    visitor.wait_for_reading()
    asked, served = visitor.readings[-1], visitor.probabilities()
    assert not isinstance(asked, EngineReading)
    visitor.draw(LINE, pause=20)  # now the weights come
    visitor.wait_for_engine(f"'{visitor.asked()['model']}'")
    before = len(visitor.readings)
    visitor.press("Example: a 3")
    visitor.wait_for_reading()
    assert visitor.probabilities() == served
    expect(visitor.reader).to_contain_text("your model: 16 patches")
    visitor.draw(LINE, pause=20)
    visitor.wait_for_reading()
    readings = [each for each in visitor.readings[before:] if "whole" in payload(each)]
    assert len(readings) > 3 and all(isinstance(each, EngineReading) for each in readings)


def test_a_training_is_followed_while_no_answer_of_the_queue_arrives(visitor):
    start(visitor, epochs=2, images=8000)
    expect(message(visitor)).not_to_be_empty(timeout=MOMENT)
    visitor.page.route("**/queue/data*", lambda _route: None)  # the request stays open
    visitor.open_tab("Patches")  # the live view, which asks for its own, is out of sight
    expect(message(visitor)).to_contain_text("Finished", timeout=MOMENT)


def test_an_old_answer_does_not_take_back_what_was_chosen(visitor):
    """Answers of the page's timer that were on their way when the box was ticked, and arrive before or after it."""
    page = visitor.page
    start(visitor, epochs=20, images=8000)
    alone = page.get_by_label("Go on while nobody looks")
    expect(alone).to_be_visible(timeout=MOMENT)
    polls, choices = held(page, "**/run/*"), held(page, re.compile("component_server"), "unwatched")
    page.wait_for_timeout(2500)
    assert len(polls) == 1, "the timer waits for its answer"
    alone.check()
    page.wait_for_timeout(1500)
    assert len(choices) == 1
    older = [polls.pop()]
    release(older)
    page.wait_for_timeout(2500)
    expect(alone).to_be_checked()
    newer = [polls.pop()]  # fetched after the server knew the choice
    release(choices)
    release(newer)
    page.wait_for_timeout(1000)
    expect(alone).to_be_checked()
    page.unroute_all()
    page.wait_for_timeout(2500)
    expect(alone).to_be_checked()
    button(visitor, "Stop").click()


def remembers_own(response):
    """Tell whether this is the answer to the event that remembers which own model reads; polls name none."""
    return "/run/" in response.url and '"model"' in (response.request.post_data or "")


def held(page, address, part=""):
    """Fetch answers of the server, and keep those to questions with `part` back: a list of each route and answer."""
    kept = []

    def keep(route):
        if part in (route.request.post_data or ""):
            kept.append((route, route.fetch()))
        else:
            route.continue_()

    page.route(address, keep)
    return kept


def release(kept):
    """Let the browser have the answers."""
    for route, response in kept:
        route.fulfill(response=response)


def test_a_new_tab_reads_with_the_own_model_unless_another_was_chosen(visit):
    """The browser's stored state counts only if the visitor has chosen nothing in this tab."""
    first = visit()
    start(first, epochs=1, images=1000)
    expect(message(first)).to_contain_text("Finished", timeout=MOMENT)
    button(first, "Let it read").click()
    expect(first.reader).to_contain_text("your model")
    first.page.wait_for_url("**model=own*")
    second = Visitor(first.context, first.page.url)
    expect(second.reader).to_contain_text("your model", timeout=MOMENT)
    second.read_by("16 patches")
    third = Visitor(first.context, first.page.url)
    third.page.wait_for_timeout(1500)
    expect(third.reader).to_contain_text("16 patches, 241,306")
    expect(third.page.locator("#pad .models")).not_to_contain_text("Your model")
    with first.page.expect_response("**/run/*"):
        first.read_by("16 patches")
    with first.page.expect_response(remembers_own):
        first.read_by("Your model")
    first.page.wait_for_timeout(1000)
    fourth = Visitor(first.context, first.page.url)
    expect(fourth.reader).to_contain_text("your model", timeout=MOMENT)
    second.reload()
    second.page.wait_for_timeout(1500)
    expect(second.reader).to_contain_text("16 patches, 241,306")
    expect(second.page.get_by_role("radio", name="Your model")).to_be_visible()


def test_a_short_training_ends_and_can_be_downloaded(visitor, tmp_path):
    start(visitor, images=3000)
    expect(message(visitor)).to_contain_text("Finished", timeout=3 * MOMENT)
    expect(visitor.page.locator("#result .accuracy")).to_contain_text("validation images right, after learning from")
    right = re.search(r"Test images: ([\d.]+) %", visitor.page.locator("#result .test").inner_text())
    assert right
    assert float(right[1]) > 60
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Download the model").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    header: Header = read_header(path)
    assert header.config.patch_size == 7
    assert header.recipe["training"]["epochs"] == 2
    assert header.figures["test"]["accuracy"] == pytest.approx(float(right[1]) / 100, abs=1e-4)
    assert load(path).config == header.config
    visitor.page.wait_for_timeout(4000)  # earlier requests, those of the plan too, may still end
    polls = []
    visitor.page.on("request", lambda request: polls.extend([request]))
    visitor.page.wait_for_timeout(5000)  # longer than any component's polling interval
    assert [request.url for request in polls if not updates_plan(request)] == [], (
        "the page goes on asking after the training has ended"
    )


def test_another_patch_size_is_shown_everywhere(visitor):
    set_up(visitor, epochs=1, images=1000)
    visitor.page.get_by_label("4 patches of 14×14 pixels").check()
    expect(visitor.page.locator("#plan")).to_contain_text("4 patches, 5 tokens")
    button(visitor, "Start").click()
    expect(message(visitor)).to_contain_text("Finished", timeout=MOMENT)
    button(visitor, "Let it read").click()
    expect(visitor.page.locator("#sight .caption")).to_contain_text("cut into 4 patches")
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention rect")).to_have_count(4)
    visitor.open_tab("Patches")
    expect(visitor.page.locator("#patches .grid .token")).to_have_count(4)


def test_a_second_training_does_not_replace_the_loaded_model(visitor):
    start(visitor, epochs=1, images=1000)
    expect(message(visitor)).to_contain_text("Finished", timeout=MOMENT)
    button(visitor, "Let it read").click()
    reader = visitor.reader
    expect(reader).to_contain_text("269,098")
    choose_number(visitor, "Images of each class", 200)
    visitor.page.get_by_label("4 patches of 14×14 pixels").check()
    expect(visitor.page.locator("#plan")).to_contain_text("4 patches, 5 tokens")
    button(visitor, "Start").click()
    expect(message(visitor)).to_contain_text("16 steps", timeout=MOMENT)
    expect(reader).to_contain_text("269,098")
    visitor.reload()
    expect(reader).to_contain_text("16 patches, 269,098", timeout=MOMENT)
    visitor.open_tab("Train")
    button(visitor, "Let it read").click()
    expect(reader).not_to_contain_text("269,098")
    expect(visitor.page.get_by_role("radio", name="Your model")).to_be_checked()


def test_impossible_settings_are_refused_before_anything_starts(visitor):
    set_up(visitor)
    visitor.page.get_by_label("number input for Width (embed_dim)").fill("20")
    visitor.page.get_by_label("number input for Width (embed_dim)").press("Enter")
    visitor.page.locator("#training-settings").get_by_role("radio", name="8", exact=True).check()
    expect(visitor.page.locator("#plan")).to_contain_text("num_heads must divide embed_dim")
    button(visitor, "Start").click()
    expect(visitor.page.get_by_text("Not started: num_heads must divide embed_dim")).to_be_visible()
    expect(visitor.page.locator("#training")).to_be_hidden()


IMPOSSIBLE = (
    ("Seed", "1.5", "seed must be a whole number, got 1.5"),
    ("Seed", "-1", "seed must be a whole number in [0, 4294967295], got -1"),
    ("Seed", "99999999999999999999999", "seed must be a whole number in [0, 4294967295], got 99999999999999991"),
    ("Images of each class", "2.5", "per_class must be a whole number, got 2.5"),
)


def test_an_impossible_number_is_refused_as_typed(visitor):
    """Gradio would round it silently; field, plan and refusal must show the typed number."""
    set_up(visitor)
    for label, value, reason in IMPOSSIBLE:
        before = visitor.page.get_by_label(label, exact=True).input_value()
        choose_number(visitor, label, value)
        expect(visitor.page.locator("#plan")).to_contain_text(f"This cannot be trained: {reason}", timeout=MOMENT)
        button(visitor, "Start").click()
        expect(visitor.page.get_by_text(f"Not started: {reason}")).to_be_visible()
        expect(visitor.page.locator("#training")).to_be_hidden()
        choose_number(visitor, label, before)


def test_two_visitors_queue_and_never_mix(visit):
    anna, ben = visit(), visit()
    before = ben.probabilities()
    start(anna, epochs=20, images=20000)
    expect(message(anna)).to_contain_text("Epoch", timeout=MOMENT)
    start(ben, epochs=1, images=1000)
    expect(message(ben)).to_contain_text("1 training is ahead", timeout=MOMENT)
    button(anna, "Stop").click()
    expect(message(ben)).to_contain_text("Finished", timeout=MOMENT)
    button(anna, "Let it read").click()
    expect(anna.reader).to_contain_text("your model")
    expect(ben.reader).to_contain_text("16 patches, 241,306")
    ben.press("Example: a 3")
    expect(ben.spoken).to_contain_text("Read as 3")
    ben.press("Undo")
    expect(ben.page.locator("#bars .share").first).to_have_text(before[0])
    button(ben, "Let it read").click()
    expect(ben.reader).to_contain_text("your model")
    anna.press("Example: a 8")
    ben.press("Example: a 8")
    for one in (anna, ben):
        one.wait_for_reading()
        one.page.wait_for_timeout(500)
    assert anna.probabilities() != ben.probabilities()
    tokens = {one.asked()["model"] for one in (anna, ben)}
    assert len(tokens) == 2
