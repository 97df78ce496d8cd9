"""The Positions tab in a real browser, held against the model's own weights and attention."""

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


def open_tab(visitor):
    visitor.open_tab("Positions")
    expect(visitor.page.locator("#positions .plot .head")).to_have_count(18, timeout=60_000)
    expect(visitor.page.locator("#positions .filters button")).to_have_count(49)


def test_the_plot_of_distances_survives_any_width(visitor):
    """While the page is laid out the plot may be narrower than its axis: no part of it may get a negative width."""
    open_tab(visitor)
    plot = visitor.page.locator("#positions .plot")
    for width in (60, 40, 20, 640):
        plot.evaluate("(plot, width) => { plot.style.width = `${width}px`; }", width)
        visitor.page.wait_for_timeout(200)
        assert visitor.errors == [], width
    expect(plot.locator("svg")).to_have_attribute("viewBox", re.compile("^0 0 640 "))
    widths = [float(part.get_attribute("width") or "nan") for part in plot.locator("rect").all()]
    assert min(widths) > 0


def cosine(one: int, other: int) -> float:
    rows = vit.load("digits-4x4").pos_embed[0].detach()
    return torch.cosine_similarity(rows[one], rows[other], dim=0).item()


def ink_at(visitor, selector: str, x: float, y: float) -> list[int]:
    """The colour, with its opacity, at a place of a canvas, from 0 to 1 across and down."""
    return visitor.page.locator(selector).first.evaluate(
        """(canvas, [x, y]) => [...canvas.getContext("2d")
            .getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data]""",
        [x, y],
    )


def test_hovering_a_place_shows_its_map_without_a_request(visitor):
    open_tab(visitor)
    everything = []
    visitor.page.on("request", lambda request: "/modules/" in request.url or everything.append(request.url))
    for token in (1, 7, 16):
        visitor.page.locator(f"#positions .mosaic [data-token='{token}']").hover()
        expect(visitor.page.locator("#positions .here")).to_contain_text(f"Patch {token}:")
        others = [other for other in range(1, 17) if other != token]
        best = max(others, key=lambda other: cosine(token, other))
        expect(visitor.page.locator("#positions .likeness")).to_contain_text(f"patch {best} ")
        worst = min(others, key=lambda other: cosine(token, other))
        column, row = (worst - 1) % 4, (worst - 1) // 4
        red, _, blue, _ = ink_at(visitor, "#positions .large canvas", (column + 0.5) / 4, (row + 0.5) / 4)
        assert (blue > red) == (cosine(token, worst) < 0)
    visitor.page.locator("#positions .mosaic [data-token='7']").click()
    visitor.page.locator("#positions .large [data-other='12']").hover()
    told = re.search(r"of (−?[\d.]+)\.$", visitor.page.locator("#positions .likeness").inner_text())
    assert told
    assert float(told[1].replace("−", "-")) == pytest.approx(cosine(7, 12), abs=0.006)
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_contain_text("patch 7")
    assert everything == []


def test_every_small_map_is_in_its_place(visitor):
    """The opacity of a cell is its similarity, as a share of the largest between two places."""
    open_tab(visitor)
    most = max(abs(cosine(one, other)) for one in range(1, 17) for other in range(1, one))
    side = 8 * 4 * 4 + 3 * 4 * 1  # in eighths of a map: four maps of eight, three gaps of one
    for token, other in ((2, 5), (10, 16), (13, 4)):
        (row, column), (down, right) = divmod(token - 1, 4), divmod(other - 1, 4)
        x, y = ((36 * at + 8 * (inner + 0.5)) / side for at, inner in ((column, right), (row, down)))
        opacity = ink_at(visitor, "#positions .mosaic canvas", x, y)[3] / 255
        assert opacity == pytest.approx(abs(cosine(token, other)) / most, abs=0.01)


def test_a_filter_answers_where_the_model_says(visitor):
    drawing, _ = trace_of_sheet(visitor)
    open_tab(visitor)
    visitor.page.get_by_text("Single filters").click()
    expect(visitor.page.locator("#positions .filters button")).to_have_count(96)
    button = visitor.page.locator("#positions .filters button").nth(3)
    button.click()
    found = re.search(r"Filter (\d+), rank 4 of 96", visitor.page.locator("#positions .which").inner_text())
    assert found
    feature = int(found[1]) - 1
    model = vit.load("digits-4x4")
    image = torch.from_numpy(drawing)[None, None]
    with torch.no_grad():  # against an empty sheet
        sheets = (torch.cat([image, 0 * image]) - model.config.mean) / model.config.std
        inked, empty = model.patch_embed(sheets)
    titles = visitor.page.locator("#positions .map rect title").all_text_contents()
    shown = [float(title.split(": ")[1].replace("−", "-")) for title in titles]
    # The browser has the image in 255 steps.
    assert shown == pytest.approx((inked - empty)[:, feature].tolist(), abs=0.05)
    weights = visitor.page.locator("#positions .weights rect title").all_text_contents()
    expected = model.patch_embed.proj.weight[feature].tolist()
    assert [float(weight.replace("−", "-")) for weight in weights] == pytest.approx(expected, abs=6e-5)


def test_the_dots_lie_where_the_heads_look_and_choose_them(visitor):
    _, trace = trace_of_sheet(visitor)
    open_tab(visitor)
    drawn = head_distances(trace, 7).flatten().tolist()
    with torch.no_grad():
        known = vit.load("digits-4x4").trace(torch.from_numpy(samples()[0] / 255).float()[:, None])
    tested = head_distances(known, 7).flatten().tolist()
    dots = visitor.page.locator("#positions .plot .head")
    for index, label in enumerate(dot.get_attribute("aria-label") or "" for dot in dots.all()):
        found = re.fullmatch(r"Layer (\d), head (\d): ([\d.]+) pixels on test digits, ([\d.]+) on this drawing", label)
        assert found
        assert (int(found[1]) - 1) * 6 + int(found[2]) - 1 == index
        assert [float(found[3]), float(found[4])] == pytest.approx([tested[index], drawn[index]], abs=0.06)
    heights = [float(dot.get_attribute("cy") or "") for dot in dots.locator(".test").all()]
    assert np.corrcoef(heights, tested)[0, 1] == pytest.approx(-1)
    everything = []
    visitor.page.on("request", lambda request: "/modules/" in request.url or everything.append(request.url))
    dots.nth(8).click()
    expect(dots.nth(8)).to_have_attribute("aria-pressed", "true")
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_contain_text("Layer 2, head 3")
    assert everything == []


def test_a_closed_tab_asks_nothing_and_another_drawing_asks_nothing_new(visitor):
    def asked() -> list[str]:
        names = [re.search(r'"fn_name": ?"(\w+)"', request.post_data or "") for request in visitor.readings]
        return sorted(name[1] for name in names if name and name[1] in ("filters", "distances"))

    assert asked() == []
    open_tab(visitor)
    assert asked() == ["distances", "filters"]
    before = visitor.page.locator("#positions .plot .head").first.get_attribute("aria-label")
    visitor.page.get_by_role("button", name="Example: a 3").click()
    visitor.wait_for_reading()
    expect(visitor.page.locator("#positions .plot .head").first).not_to_have_attribute("aria-label", before or "")
    visitor.press("Clear")
    expect(visitor.page.locator("#positions .plot .drawing")).to_have_count(0)
    expect(visitor.page.locator("#positions .plot .test")).to_have_count(18)
    assert asked() == ["distances", "filters"]


def test_the_pictures_can_be_downloaded(visitor, tmp_path):
    open_tab(visitor)
    _, drawn = visitor.save_both("positions", tmp_path, 50)
    assert drawn.count("<image") == 1 + 49
    assert drawn.count("<circle") == 2 * 18
