"""Test the pad in Chromium: a drawing is read live, and no drawing is lost."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from demo.safety.rate_limit import BUSY
from tests.browser.pen import LINE, clear
from tests.browser.visitor import payload

pytestmark = pytest.mark.browser


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
