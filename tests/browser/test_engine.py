"""Test the engine in Chromium: it reads like the server, and the server reads where the engine cannot."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import EngineReading, payload
from vit import checkpoint

pytestmark = pytest.mark.browser

EXAMPLES = {each["label"]: each["strokes"] for each in json.loads((checkpoint.ASSETS / "examples.json").read_text())}
WEIGHTS = re.compile(r"/weights/[0-9a-f]{12}/")
NAMES = {"digits-4x4": "16 patches", "digits-7x7": "49 patches"}
# Views that ask little: their place, and what they show once they have an answer.
QUICK = {
    "Inside": ("#inside", "#inside .answer"),
    "Layers": ("#layers", "#layers .summary"),
    "When": ("#when", "#when .summary"),
    "What if": ("#whatif", "#whatif .summary"),
    "Two drawings": ("#two-drawings", "#two-drawings .summary"),
}
LINE = [[[140, 40], [140, 100], [140, 160], [140, 240]]]


def press(visitor, digit: int) -> tuple[int | None, list[str]]:
    """Choose an example; return the digit and the bars that the page shows."""
    visitor.press(f"Example: a {digit}")
    expect(visitor.page.locator("#pad [aria-busy=false]")).to_be_attached()
    return visitor.wait_for_reading(), visitor.probabilities()


def to_the_server(visitor, since: int = 0) -> list[dict]:
    """Return the readings that the server was asked for."""
    asked = [request for request in visitor.readings[since:] if not isinstance(request, EngineReading)]
    return [body for body in map(payload, asked) if "whole" in body]


@pytest.mark.parametrize("name", list(NAMES))
def test_the_engine_gives_the_servers_digits_and_bars_without_a_request(visit, name):
    visitor, served = visit(), visit(engine=False)
    for each in (visitor, served):
        each.read_by(NAMES[name])
    visitor.wait_for_engine(name)
    before = len(visitor.readings)
    for digit in (3, 8, 1):
        assert press(visitor, digit) == press(served, digit)
    assert visitor.wait_for_reading() == 1
    visitor.draw(LINE, pause=20)
    assert visitor.wait_for_reading() == 1
    assert to_the_server(visitor, before) == []
    assert [payload(each)["strokes"] for each in visitor.readings[before : before + 2]] == [EXAMPLES[3], EXAMPLES[8]]
    assert not [request for request in served.readings if isinstance(request, EngineReading)]
    assert len(to_the_server(served)) >= 4


def test_the_engine_reads_a_drawing_from_the_first_point_on(visitor):
    visitor.wait_for_engine()
    visitor.press("Clear")
    before = len(visitor.readings)
    visitor.draw([[[60 + 5 * step, 140] for step in range(30)]], pause=20)
    visitor.wait_for_reading()
    asked = [payload(each) for each in visitor.readings[before:]]
    assert to_the_server(visitor, before) == []
    assert len(asked) > 3 and [each["whole"] for each in asked] == [False] * (len(asked) - 1) + [True]
    visitor.press("Clear")
    visitor.draw([[[140, 140]]])
    expect(visitor.page.locator("#pad .message")).to_have_text("There is only a dot: draw the digit larger.")
    assert to_the_server(visitor, before) == []


def test_the_engine_reads_test_digits_and_tabs_still_ask_the_server(visitor):
    visitor.wait_for_engine()
    before = len(visitor.readings)
    visitor.press("Random MNIST digit")
    expect(visitor.page.locator("#pad .message")).to_contain_text("meant")
    visitor.wait_for_reading()
    assert to_the_server(visitor, before) == []
    assert "sample" in visitor.asked()
    press(visitor, 4)
    visitor.open_tab("Why")
    expect(visitor.page.locator("#why .summary")).to_contain_text("Attention is strongest", timeout=60_000)
    names = [request.post_data_json["fn_name"] for request in visitor.readings[before:]]
    assert {"maps", "erased"} <= set(names)


def test_views_are_answered_in_the_browser_as_by_the_server(visit):
    """The same drawing, the same texts; what costs one reading is never asked of the server, not even by a slow one."""
    visitor, served = visit(), visit(engine=False)
    visitor.wait_for_engine()
    before, texts = len(visitor.readings), []
    for each in (visitor, served):
        press(each, 3)
        texts.append([text_of(each, name) for name in QUICK])
    assert texts[0] == texts[1]
    assert {"numbers", "lens"}.isdisjoint(asked_of_the_server(visitor.readings[before:]))
    assert {"numbers", "lens", "parts", "changed", "differences"} <= asked_of_the_server(served.readings)


def text_of(visitor, name: str) -> str:
    """Open a view, and return its text once it has its answer."""
    view, answer = QUICK[name]
    visitor.open_tab(name)
    expect(visitor.page.locator(answer).first).to_have_text(re.compile(r"\S"), timeout=60_000)
    expect(visitor.page.locator(f"{view} [aria-busy=true]")).to_have_count(0, timeout=60_000)
    return visitor.page.locator(view).inner_text()


def asked_of_the_server(requests) -> set[str]:
    """Return the names of the server functions that were called."""
    sent = [request for request in requests if not isinstance(request, EngineReading)]
    return {request.post_data_json["fn_name"] for request in sent}


def test_the_server_reads_as_long_as_there_are_no_weights(visitor):
    visitor.page.route(WEIGHTS, lambda route: route.abort())
    visitor.reload()
    assert press(visitor, 5)[0] == 5
    assert press(visitor, 6)[0] == 6
    assert visitor.page.locator("#pad [data-engine]").count() == 0
    assert [payload(each)["strokes"] for each in visitor.readings[-2:]] == [EXAMPLES[5], EXAMPLES[6]]
    assert len(to_the_server(visitor)) >= 3
    visitor.errors = [error for error in visitor.errors if "ERR_FAILED" not in error]


def test_the_server_reads_if_the_worker_fails(visitor):
    """The worker's module is missing, as in a browser without module workers."""
    visitor.page.route(re.compile("engine/worker.js"), lambda route: route.fulfill(status=404))
    visitor.reload()
    assert press(visitor, 2)[0] == 2
    assert visitor.page.locator("#pad [data-engine]").count() == 0
    assert visitor.asked()["strokes"] == EXAMPLES[2]
    visitor.errors = [error for error in visitor.errors if "404" not in error]


def test_the_server_reads_if_the_engine_is_too_slow(visitor):
    visitor.page.evaluate("window.slowest = 0")
    with visitor.page.expect_response(WEIGHTS):
        visitor.read_by(NAMES["digits-7x7"])
    visitor.page.wait_for_timeout(3000)
    assert press(visitor, 9)[0] == 9
    assert "digits-7x7" not in (visitor.page.locator("#pad [data-engine]").get_attribute("data-engine") or "")
    assert to_the_server(visitor)[-1]["strokes"] == EXAMPLES[9]


def test_the_weights_are_downloaded_once(visitor):
    asked = []
    visitor.context.on("request", lambda request: asked.append(request.url) if WEIGHTS.search(request.url) else None)
    visitor.wait_for_engine()
    asked.clear()
    for digit in (1, 2):
        press(visitor, digit)
    assert asked == []
    visitor.read_by(NAMES["digits-7x7"])
    visitor.wait_for_engine("digits-7x7")
    assert [url.rpartition("/")[2] for url in asked] == ["digits-7x7.safetensors"]
