"""The When tab in a real browser: the slider over the pen's path shows the server's readings of its parts."""

import re

import pytest
from playwright.sync_api import expect

from demo.requests import Reader
from demo.tabs.when.server import When
from tests.browser.test_attention import share
from tests.browser.test_linked_choice import framed

pytestmark = pytest.mark.browser
SLIDER = "#when .way input"


def open_tab(visitor):
    visitor.open_tab("When")
    expect(visitor.page.locator("#when .chart svg")).to_be_visible(timeout=30_000)
    visitor.page.wait_for_load_state("networkidle")


def expected(visitor) -> dict:
    return When(Reader({}.get)).parts(visitor.asked())


def bars(visitor) -> list[float]:
    texts = visitor.page.locator("#when .bars .share").all_inner_texts()
    return [0 if text == "0 %" else share(text) for text in texts]


def drawn(visitor) -> float:
    """The drawn length, in the sheet's units."""
    return visitor.page.locator("#when .sheet path.done").evaluate("path => path.getTotalLength()")


def test_every_part_is_shown_as_it_was_read_without_further_requests(visitor):
    visitor.page.get_by_role("button", name="Example: a 3").click()
    visitor.wait_for_reading()
    open_tab(visitor)
    answer = expected(visitor)
    requests = []
    visitor.page.on("request", lambda request: "/modules/" in request.url or requests.append(request.url))
    since, last = answer["settled"], len(answer["share"]) - 1
    summary = visitor.page.locator("#when .summary").inner_text()
    assert f"from {round(100 * answer['share'][since])} % of the pen's path on" in summary
    assert f"{answer['time'][since] / 1000:.1f} s" in summary
    assert set(re.findall(r"\d", summary.split("Before that it was")[1].split(".")[0])) == set(
        map(str, answer["digit"][:since])
    )
    whole, thumb = drawn(visitor), 8
    for part in range(last, -1, -7):
        assert bars(visitor) == pytest.approx(answer["probs"][part], abs=6e-4)
        said = "Read as" if answer["in_distribution"][part] else "Probably not a digit; closest:"
        expect(visitor.page.locator("#when .read")).to_have_text(f"{said} {answer['digit'][part]}")
        assert drawn(visitor) == pytest.approx(answer["share"][part] * whole, rel=0.01)
        for _ in range(7):
            visitor.page.locator(SLIDER).press("ArrowLeft")
        visitor.page.wait_for_timeout(100)
    box = visitor.page.locator("#when .chart").bounding_box()
    mark = visitor.page.locator("#when .chart .decided").bounding_box()
    assert box is not None
    assert mark is not None
    place = (mark["x"] + mark["width"] / 2 - box["x"] - thumb) / (box["width"] - 2 * thumb)
    assert place == pytest.approx(answer["share"][since], abs=0.01)
    visitor.page.mouse.click(mark["x"], box["y"] + 60)
    visitor.page.wait_for_timeout(100)
    assert bars(visitor) == pytest.approx(answer["probs"][since], abs=6e-4)
    visitor.page.locator(SLIDER).press("Home")
    visitor.page.locator("#when .play").click()
    expect(visitor.page.locator("#when .play")).to_contain_text("Pause")
    expect(visitor.page.locator("#when .play")).to_contain_text("Play", timeout=30_000)
    visitor.page.wait_for_timeout(100)
    assert bars(visitor) == pytest.approx(answer["probs"][last], abs=6e-4)
    assert [text.split("\n")[-1] for text in visitor.probabilities()] == visitor.page.locator(
        "#when .bars .share"
    ).all_inner_texts()
    assert requests == []


def test_a_drawing_is_followed_and_a_picture_has_no_path(visitor):
    open_tab(visitor)
    visitor.press("Clear")
    expect(visitor.page.locator("#when .parts")).to_be_hidden()
    visitor.draw([[(140, 40 + step) for step in range(0, 200, 8)]], pause=10)
    assert visitor.wait_for_reading() == 1
    expect(visitor.page.locator("#when .chart svg")).to_be_visible()
    expect(visitor.page.locator("#when .summary")).to_contain_text(
        "The prediction is 1 from the first part that can be read on"
    )
    expect(visitor.page.locator("#when .now")).to_contain_text(re.compile(r"[\d.]+ s after the pen touched down"))
    visitor.page.get_by_role("button", name="Random MNIST digit").click()
    expect(visitor.page.locator("#when .summary")).to_contain_text("the path of its pen is not known")
    expect(visitor.page.locator("#when .parts")).to_be_hidden()


def test_a_patch_that_is_pointed_at_lights_up_everywhere_without_a_request(visitor):
    """It does so while the pointer is on it; a click keeps it."""
    open_tab(visitor)
    sight, image = visitor.page.locator("#sight rect"), '#when [data-map="image"]'
    requests = []
    visitor.page.on("request", lambda request: "/modules/" in request.url or requests.append(request.url))
    for patch in (5, 10):
        visitor.page.locator(f"{image} [data-patch='{patch}']").hover()
        expect(sight).to_have_attribute("data-token", str(patch + 1))
        assert framed(visitor, image) == [patch]
    visitor.page.locator("#when h2").hover()
    expect(sight).to_have_count(0)
    assert framed(visitor, image) == []
    visitor.page.locator(f"{image} [data-patch='5']").click()
    visitor.page.locator("#when h2").hover()
    expect(sight).to_have_attribute("data-token", "6")
    visitor.page.locator(f"{image} [data-patch='5']").click()
    expect(sight).to_have_count(0)
    assert requests == []


def test_a_digit_is_singled_out_in_the_chart_and_the_view_is_downloaded(visitor, tmp_path):
    open_tab(visitor)
    faded = '#when .chart polygon[fill-opacity="0.25"]'
    expect(visitor.page.locator(faded)).to_have_count(0)
    visitor.page.locator("#when .bars button").nth(2).click()
    expect(visitor.page.locator(faded)).to_have_count(9)
    expect(visitor.page.locator('#when .chart polygon[data-digit="2"]')).to_have_attribute("fill-opacity", "1")
    _, drawn = visitor.save_both("when", tmp_path, 50)
    assert drawn.count("polygon") >= 10
