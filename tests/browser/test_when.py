"""Test tab When in Chromium: the slider over the pen's path shows the server's readings of the drawing's parts."""

import re

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from demo.requests import Reader
from demo.tabs.when.server import When
from tests.browser.figure_file import figure_of, table_of
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
    """Return the drawn length in the sheet's units."""
    return visitor.page.locator("#when .sheet path.done").evaluate("path => path.getTotalLength()")


def test_every_part_shows_its_reading_without_further_requests(visitor):
    visitor.page.get_by_role("button", name="Example: a 3").click()
    visitor.wait_for_reading()
    open_tab(visitor)
    answer = expected(visitor)
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
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
        text = "Read as" if answer["in_distribution"][part] else "Probably not a digit; closest:"
        expect(visitor.page.locator("#when .read")).to_have_text(f"{text} {answer['digit'][part]}")
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


def test_a_new_drawing_is_shown_and_a_picture_has_no_path(visitor):
    open_tab(visitor)
    visitor.press("Clear")
    expect(visitor.page.locator("body[data-cleared] #when .parts")).to_be_visible()  # the last drawing, pale
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


def test_pointing_at_a_patch_highlights_it_everywhere_without_a_request(visitor):
    """The highlight lasts while the pointer is on the patch; a click keeps it."""
    open_tab(visitor)
    sight, image = visitor.page.locator("#sight rect"), '#when [data-map="image"]'
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
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


def test_the_drawing_is_saved_as_an_animation_of_its_readings(visitor, tmp_path):
    visitor.press("Example: a 3")
    visitor.wait_for_reading()
    open_tab(visitor)
    answer = expected(visitor)
    path = visitor.save("when", "gif", tmp_path)
    assert path.name == "when-3.gif"
    inked, picture = [], np.empty(0)
    with Image.open(path) as animation:
        assert animation.size == (480, 300)
        assert animation.n_frames == len(answer["share"])
        assert animation.info["loop"] == 0
        for frame in ImageSequence.Iterator(animation):
            picture = np.asarray(frame.convert("RGB")).astype(int)
            sheet = picture[48:264, 16:232]
            inked.append(int((sheet.min(axis=2) > 200).sum()))
            assert (picture[270:, 300:] == 255).all()
        assert animation.info["duration"] == 3000
    assert inked == sorted(inked)
    assert inked[0] < 0.3 * inked[-1]
    colour = np.array([255, 127, 110])  # the colour of the 3
    longest = [(abs(row - colour).sum(axis=1) < 12).sum() for row in picture[48:264, 252:464]]
    assert max(longest) > 0.9 * answer["probs"][-1][3] * 120


def test_the_animation_has_a_link_to_the_drawing(visitor, tmp_path):
    """The file's comment has the full link; the last rows show it, or the page's address if it is too long."""
    open_tab(visitor)
    widths = []
    for strokes in (None, [[(140, 30 + 5 * step) for step in range(40)], [(60 + 4 * step, 250) for step in range(40)]]):
        if strokes:
            visitor.press("Clear")
            visitor.draw(strokes)
            visitor.wait_for_reading()
            visitor.page.wait_for_load_state("networkidle")
        else:
            visitor.press("Example: a 3")
            visitor.wait_for_reading()
        sheet = "ink" if strokes else "example-3"
        visitor.page.wait_for_function(
            f"location.hash.includes('sheet={sheet}') && location.hash.includes('view=when')"
        )
        with Image.open(visitor.save("when", "gif", tmp_path)) as animation:
            assert animation.info["comment"].decode() == visitor.page.url
            line = np.asarray(animation.convert("L"))[283:296]
        widths.append(np.flatnonzero((line < 128).any(axis=0)).max())
    assert 464 >= widths[0] > widths[1] > 60


def test_a_digit_is_highlighted_in_the_chart_and_the_view_is_downloaded(visitor, tmp_path):
    open_tab(visitor)
    faded = '#when .chart polygon[fill-opacity="0.25"]'
    expect(visitor.page.locator(faded)).to_have_count(0)
    visitor.page.locator("#when .bars button").nth(2).click()
    expect(visitor.page.locator(faded)).to_have_count(9)
    expect(visitor.page.locator('#when .chart polygon[data-digit="2"]')).to_have_attribute("fill-opacity", "1")
    figure, answer = figure_of(visitor, "when", tmp_path), expected(visitor)
    assert figure.texts("title")[0] in visitor.page.locator("#when .summary").inner_text()
    bands = re.findall(r"<polygon[^>]*>", figure.svg.read_text(encoding="utf-8"))
    assert len(bands) == 10
    assert sum('fill-opacity="0.25"' in band for band in bands) == 9
    assert "part of the pen's path" in figure.texts()
    assert figure.signs() == list("0123456789")
    table = table_of(visitor, "when")
    assert [float(row["part_of_path"]) for row in table] == answer["share"]
    assert [float(row["milliseconds"]) for row in table] == answer["time"]
    assert [int(row["predicted"]) for row in table] == answer["digit"]
    shown = [[float(row[f"probability_of_{digit}"]) for digit in range(10)] for row in table]
    # Two processes round a batch differently on some processors; each value has six decimals.
    assert np.array(shown) == pytest.approx(np.array(answer["probs"]), abs=2e-6)
