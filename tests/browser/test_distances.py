"""Compare the tab Distances in Chromium with the model's attention."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import vit
from demo.requests import samples
from tests.browser.test_attention import trace_of_sheet
from vit.analysis.attention_distance import head_distances

pytestmark = pytest.mark.browser

SPOKEN = r"Layer (\d), head (\d): ([\d.]+) pixels on test digits, ([\d.]+) on this drawing"


def open_tab(visitor):
    visitor.open_tab("Distances")
    expect(visitor.page.locator("#distances .plot .head")).to_have_count(18, timeout=60_000)


def test_the_plot_works_at_any_width(visitor):
    """During layout the plot may be narrower than its axis; no part of it may get a negative width."""
    open_tab(visitor)
    plot = visitor.page.locator("#distances .plot")
    for width in (60, 40, 20, 640):
        plot.evaluate("(plot, width) => { plot.style.width = `${width}px`; }", width)
        visitor.page.wait_for_timeout(200)
        assert visitor.errors == [], width
    expect(plot.locator("svg")).to_have_attribute("viewBox", re.compile("^0 0 640 "))
    widths = [float(part.get_attribute("width") or "nan") for part in plot.locator("rect").all()]
    assert min(widths) > 0


def test_the_dots_show_the_distances_and_choose_their_head(visitor):
    _, trace = trace_of_sheet(visitor)
    open_tab(visitor)
    drawn = head_distances(trace, 7).flatten().tolist()
    with torch.no_grad():
        trace_of_samples = vit.load("digits-4x4").trace(torch.from_numpy(samples()[0] / 255).float()[:, None])
    tested = head_distances(trace_of_samples, 7).flatten().tolist()
    dots = visitor.page.locator("#distances .plot .head")
    for index, label in enumerate(dot.get_attribute("aria-label") or "" for dot in dots.all()):
        label_parts = re.fullmatch(
            r"Layer (\d), head (\d): ([\d.]+) pixels on test digits, ([\d.]+) on this drawing", label
        )
        assert label_parts
        assert (int(label_parts[1]) - 1) * 6 + int(label_parts[2]) - 1 == index
        assert [float(label_parts[3]), float(label_parts[4])] == pytest.approx([tested[index], drawn[index]], abs=0.06)
    heights = [float(dot.get_attribute("cy") or "") for dot in dots.locator(".test").all()]
    assert np.corrcoef(heights, tested)[0, 1] == pytest.approx(-1)
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    dots.nth(8).click()
    expect(dots.nth(8)).to_have_attribute("aria-pressed", "true")
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_contain_text("Layer 2, head 3")
    assert requests == []


def test_a_closed_tab_sends_no_request_and_another_drawing_no_new_one(visitor):
    def asked() -> list[str]:
        names = [re.search(r'"fn_name": ?"(\w+)"', request.post_data or "") for request in visitor.readings]
        return sorted(name[1] for name in names if name and name[1] in ("filters", "distances"))

    assert asked() == []
    open_tab(visitor)
    assert asked() == ["distances"]
    before = visitor.page.locator("#distances .plot .head").first.get_attribute("aria-label")
    visitor.page.get_by_role("button", name="Example: a 3").click()
    visitor.wait_for_reading()
    expect(visitor.page.locator("#distances .plot .head").first).not_to_have_attribute("aria-label", before or "")
    visitor.press("Clear")
    expect(visitor.page.locator("body[data-cleared] #distances .plot .drawing")).to_have_count(18)  # pale
    expect(visitor.page.locator("#distances .plot .test")).to_have_count(18)
    assert asked() == ["distances"]


def test_the_plot_can_be_downloaded(visitor, tmp_path):
    open_tab(visitor)
    _, drawn = visitor.save_both("distances", tmp_path, 20)
    assert drawn.count("<circle") == 2 * 18 + 2  # two more in the legend
