"""Test the pad in Chromium: a drawing is read live, and no drawing is lost."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from demo.safety.rate_limit import BUSY
from tests.browser.visitor import payload

pytestmark = pytest.mark.browser

LINE = [[[140, 40], [140, 100], [140, 160], [140, 240]]]
ACROSS = [[[40, 140], [120, 140], [200, 140], [240, 140]]]


def clear(visitor):
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()


def test_the_page_opens_with_an_example_already_read(visitor):
    assert visitor.ink() > 500
    assert visitor.page.locator("#bars li.best").count() == 1
    assert visitor.page.locator("#pad .shelf button").count() >= 6


@pytest.mark.served
def test_readings_are_live_in_order_and_one_at_a_time(visitor):
    clear(visitor)
    running, most, bodies = 0, 0, []

    def started(request):
        nonlocal running, most
        if "component_server" in request.url:
            running += 1
            most = max(most, running)
            bodies.append(payload(request))

    def ended(request):
        nonlocal running
        running -= "component_server" in request.url

    visitor.page.on("request", started)
    visitor.page.on("requestfinished", ended)
    x, y = visitor.spot([60, 60])
    began = time.monotonic()
    visitor.page.mouse.move(x, y)
    visitor.page.mouse.down()
    for step in range(60):
        visitor.page.mouse.move(x + 2 * step, y + step)
        visitor.page.wait_for_timeout(20)
    live = visitor.probabilities()
    assert "–" not in live, "nothing was read while the pen was down"
    visitor.page.mouse.up()
    visitor.wait_for_reading()
    glances = [body for body in bodies if not body["whole"]]
    assert 4 <= len(glances) <= 10 * (time.monotonic() - began) + 2, "reading is to follow about ten times a second"
    assert most == 1
    counts = [sum(map(len, body["strokes"])) for body in bodies]
    assert counts == sorted(counts)
    assert bodies[-1]["whole"]
    assert len(live) == 10


@pytest.mark.served
def test_a_slow_answer_never_overwrites_a_newer_sheet(visitor):
    """The answer to a drawing that was cleared meanwhile must not appear."""
    routes = []
    visitor.page.route(re.compile("component_server"), lambda route: routes.append(route))  # noqa: PLW0108 (Playwright sets attributes on its handlers)
    visitor.press("Example: a 3")
    visitor.press("Clear")
    visitor.page.wait_for_timeout(300)
    assert len(routes) == 1
    assert "strokes" in routes[0].request.post_data
    routes[0].continue_()
    expect(visitor.page.locator("#pad [aria-busy=false]")).to_be_attached()
    expect(visitor.spoken).to_be_empty()
    assert visitor.ink() == 0


def test_undo_redo_and_clear(visitor):
    clear(visitor)
    visitor.draw(LINE)
    one = visitor.ink()
    visitor.draw(ACROSS)
    both = visitor.ink()
    assert both > one > 0
    visitor.press("Undo")
    assert visitor.ink() == one
    visitor.press("Redo")
    assert visitor.ink() == both
    clear(visitor)
    assert visitor.ink() == 0
    visitor.press("Undo")
    assert visitor.ink() == both
    visitor.wait_for_reading()
    visitor.sheet.focus()
    visitor.page.keyboard.press("Control+z")
    assert visitor.ink() == one
    visitor.page.keyboard.press("Control+y")
    assert visitor.ink() == both
    visitor.page.keyboard.press("Delete")
    assert visitor.ink() == 0


def test_the_eraser_cuts_a_stroke_in_two(visitor):
    clear(visitor)
    visitor.draw(LINE)
    visitor.wait_for_reading()
    whole = visitor.ink()
    visitor.press("Erase")
    before = len(visitor.readings)
    visitor.draw([[[60, 140], [100, 140], [140, 140], [220, 140]]])
    visitor.page.wait_for_timeout(500)
    assert len(visitor.readings) > before
    upper, lower = visitor.asked()["strokes"]
    assert max(point[1] for point in upper) < 140 < min(point[1] for point in lower)
    assert 0 < visitor.ink() != whole
    assert not visitor.inked([140, 140])
    assert visitor.inked([140, 100])
    visitor.press("Undo")
    assert visitor.ink() == whole
    visitor.press("Pen")
    visitor.draw(ACROSS)
    assert visitor.ink() > whole


def test_a_fast_eraser_cuts_between_its_points(visitor):
    clear(visitor)
    visitor.draw(LINE)
    visitor.press("Erase")
    visitor.draw([[[100, 140], [180, 140]]])
    visitor.wait_for_reading()
    strokes = visitor.asked()["strokes"]
    assert len(strokes) == 2


def test_an_eraser_that_touches_nothing_keeps_the_reading(visitor):
    visitor.press("Erase")
    visitor.draw([[[5, 270], [15, 270]]])
    visitor.wait_for_reading()
    assert visitor.asked()["whole"]


def test_the_eraser_says_that_an_mnist_digit_has_no_strokes(visitor):
    visitor.press("Random MNIST digit")
    expect(visitor.page.locator("#pad .message")).to_contain_text("meant")
    ink = visitor.ink()
    visitor.press("Erase")
    visitor.draw([[[60, 140], [220, 140]]])
    expect(visitor.page.locator("#pad .message")).to_contain_text("a picture without strokes")
    assert visitor.ink() == ink
    visitor.press("Example: a 3")
    expect(visitor.page.locator("#pad .message")).to_be_empty()


def is_grey(visitor, view: str) -> bool:
    """Return whether a view is marked as showing the last drawing."""
    return "grayscale" in visitor.page.locator(f"#{view}").evaluate("view => getComputedStyle(view).filter")


def test_after_clear_no_view_is_blank_and_a_reload_shows_an_example(visitor):
    visitor.open_tab("Attention")
    shown = visitor.page.locator("#attention .title").inner_text()
    fills = [cell.get_attribute("fill") for cell in visitor.page.locator("#attention rect").all()]
    clear(visitor)
    assert set(visitor.probabilities()) == {"–"}
    expect(visitor.page.locator("#attention .title")).to_have_text(shown)
    assert [cell.get_attribute("fill") for cell in visitor.page.locator("#attention rect").all()] == fills
    assert is_grey(visitor, "attention")
    visitor.open_tab("Patches")
    expect(visitor.page.locator("#patches .pixels")).to_be_visible()
    visitor.draw(LINE)
    visitor.wait_for_reading()
    assert not is_grey(visitor, "patches")
    clear(visitor)
    visitor.reload()
    assert visitor.wait_for_reading() == 7


def test_after_a_drawing_that_cannot_be_read_clear_shows_the_drawing_before(visitor):
    visitor.open_tab("Patches")
    clear(visitor)
    visitor.draw([[[140, 140]]])
    expect(visitor.page.locator("#patches .title")).to_have_text("Draw a digit first")
    assert not is_grey(visitor, "patches")
    clear(visitor)
    expect(visitor.page.locator("#patches .pixels")).to_be_visible()
    assert is_grey(visitor, "patches")


def test_the_last_drawing_stays_pale_and_is_no_ink(visitor):
    pale = """canvas => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] > 200 && pixels[at] > 40) count++;
        return count;
    }"""
    visitor.draw(LINE)
    visitor.wait_for_reading()
    drawn = visitor.ink()
    clear(visitor)
    expect(visitor.page.locator("#pad .hint")).to_have_text("Draw, or take an example")
    assert visitor.ink() == 0
    assert drawn <= visitor.sheet.evaluate(pale) < 1.2 * drawn + 400
    visitor.page.mouse.move(*visitor.spot([40, 140]))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.spot([80, 140]), steps=4)
    expect(visitor.page.locator("#pad .hint")).to_be_hidden()
    assert visitor.sheet.evaluate(pale) < drawn
    visitor.page.mouse.up()
    visitor.wait_for_reading()
    assert [point[1] for point in visitor.asked()["strokes"][0]] == pytest.approx([140] * 5, abs=1)


@pytest.mark.served
def test_a_model_that_is_no_longer_stored_is_named_and_the_shipped_one_reads(visitor):
    count = {"asked": 0}

    def send_unknown_token(route):
        body = json.loads(route.request.post_data)
        count["asked"] += 1
        body["data"]["model"] = "0" * 32 if count["asked"] == 1 else body["data"]["model"]
        route.continue_(post_data=json.dumps(body))

    visitor.page.route(re.compile("component_server"), send_unknown_token)
    visitor.press("Example: a 3")
    assert visitor.wait_for_reading() == 3
    expect(visitor.page.locator("#pad .message")).to_contain_text("no longer stored")
    visitor.press("Example: a 4")
    expect(visitor.spoken).to_contain_text("Read as 4")
    expect(visitor.page.locator("#pad .message")).to_be_empty()


def test_a_dot_gets_a_sentence(visitor):
    clear(visitor)
    visitor.draw([[[140, 140]]])
    expect(visitor.page.locator("#pad .message")).not_to_be_empty()
    expect(visitor.page.locator("#pad .message")).to_have_class("message wrong")
    assert set(visitor.probabilities()) == {"–"}


@pytest.mark.served
def test_the_drawing_survives_a_reload_and_a_failing_server(visitor):
    clear(visitor)
    visitor.page.route(re.compile("component_server"), lambda route: route.abort())
    visitor.draw(LINE)
    expect(visitor.page.locator("#pad .message")).to_contain_text("Your drawing is safe")
    ink = visitor.ink()
    visitor.page.unroute_all(behavior="wait")
    assert visitor.wait_for_reading() == 1
    visitor.reload()
    assert visitor.wait_for_reading() == 1
    assert visitor.ink() == ink
    visitor.errors = [error for error in visitor.errors if "ERR_FAILED" not in error]


def test_examples_and_random_digits(visitor):
    for digit in range(10):
        visitor.press(f"Example: a {digit}")
        expect(visitor.spoken).to_contain_text(f"Read as {digit}")
    right = 0
    for _ in range(6):
        clear(visitor)
        visitor.press("Random MNIST digit")
        said = visitor.page.locator("#pad .message")
        digit = visitor.wait_for_reading()
        expect(said).to_contain_text("meant")
        right += said.inner_text().endswith(f"a {digit}.")
    assert right >= 5
    visitor.draw(LINE)
    expect(visitor.spoken).to_contain_text("Read as 1")


def test_the_first_stroke_replaces_an_unchanged_example_and_undo_restores_it(visitor):
    def replaced(digit: int) -> None:
        whole = visitor.ink()
        visitor.draw(LINE)
        assert visitor.wait_for_reading() == 1
        assert len(visitor.asked()["strokes"]) == 1
        alone = visitor.ink()
        visitor.press("Undo")
        assert visitor.wait_for_reading() == digit
        assert visitor.ink() == whole
        visitor.press("Redo")
        assert visitor.wait_for_reading() == 1
        assert visitor.ink() == alone

    replaced(7)  # the example that the page opens with
    visitor.press("Example: a 3")
    visitor.wait_for_reading()
    replaced(3)
    visitor.draw(ACROSS)  # a second own stroke is added
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == 2
    visitor.press("Example: a 0")
    visitor.wait_for_reading()
    visitor.reload()
    visitor.draw(LINE)  # after a reload an example still counts as unchanged
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == 1


def test_the_first_stroke_hides_the_example_while_the_pen_is_down(visitor):
    """The sheet shows only the stroke, and only the stroke is read."""
    visitor.page.mouse.move(*visitor.spot([20, 260]))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.spot([60, 260]), steps=4)
    assert visitor.inked([40, 260])
    assert not visitor.inked([120, 63])  # where the bar of the 7 was
    visitor.page.mouse.up()


def test_a_partly_erased_example_is_not_replaced(visitor):
    visitor.press("Erase")
    visitor.draw([[[60, 66], [100, 66]]])
    visitor.wait_for_reading()
    left = len(visitor.asked()["strokes"])
    assert left >= 1
    visitor.press("Pen")
    visitor.draw([[[100, 150], [200, 150]]])
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == left + 1


def test_pen_pressure_is_recorded(visitor):
    clear(visitor)
    visitor.sheet.evaluate(
        """canvas => {
            const box = canvas.getBoundingClientRect();
            const send = (type, x, y, pressure) => canvas.dispatchEvent(new PointerEvent(type, {
                pointerId: 1, isPrimary: true, pointerType: "pen", pressure, bubbles: true, cancelable: true,
                clientX: box.x + x * box.width / 280, clientY: box.y + y * box.height / 280 }));
            canvas.setPointerCapture = () => {};
            send("pointerdown", 140, 40, 0.2);
            for (let y = 60; y <= 240; y += 20) send("pointermove", 140, y, y / 250);
            send("pointerup", 140, 240, 0);
        }"""
    )
    visitor.wait_for_reading()
    stroke = visitor.asked()["strokes"][0]
    pressures = [point[3] for point in stroke]
    assert pressures[0] == 0.2
    assert pressures[-1] == 0.96
    times = [point[2] for point in stroke]
    assert times == sorted(times)
    assert times[0] == 0


@pytest.mark.served
def test_a_visitor_with_too_many_requests_sees_the_servers_message(visitor):
    """The pad and a view with its own requests show the answer of `RateLimit`; then the page works again."""
    refusal = {"status": 429, "json": {"detail": BUSY}}
    visitor.open_tab("What if")
    visitor.page.route(re.compile("component_server"), lambda route: route.fulfill(**refusal))
    visitor.page.locator("#whatif .frame [data-place]").nth(5).click()
    expect(visitor.page.locator("#whatif .message")).to_have_text(BUSY)
    clear(visitor)
    visitor.draw(LINE)
    expect(visitor.page.locator("#pad .message")).to_have_text(BUSY)
    visitor.page.unroute_all(behavior="wait")
    assert visitor.wait_for_reading() == 1
    visitor.errors = [error for error in visitor.errors if "429" not in error]
