"""Compare the details of the tab Patches in Chromium with the model's weights."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.test_attention import trace_of_sheet

pytestmark = pytest.mark.browser


def open_details(visitor):
    visitor.open_tab("Patches")
    visitor.page.locator("#patches .lookout").scroll_into_view_if_needed()
    expect(visitor.page.locator("#patches .filters button")).to_have_count(49)


def cosine(one: int, other: int) -> float:
    rows = vit.load("digits-4x4").pos_embed[0].detach()
    return torch.cosine_similarity(rows[one], rows[other], dim=0).item()


def ink_at(visitor, selector: str, x: float, y: float) -> list[int]:
    """Return the colour and opacity of a canvas at a place, from 0 to 1 across and down."""
    return visitor.page.locator(selector).first.evaluate(
        """(canvas, [x, y]) => [...canvas.getContext("2d")
            .getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data]""",
        [x, y],
    )


def test_a_position_shows_its_similarities_without_a_request(visitor):
    open_details(visitor)
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    for token in (1, 7, 16):
        visitor.page.locator(f"#patches .mosaic [data-token='{token}']").click()
        expect(visitor.page.locator("#patches .title")).to_contain_text(f"Token {token}:")
        others = [other for other in range(1, 17) if other != token]
        best = max(others, key=lambda other: cosine(token, other))
        expect(visitor.page.locator("#patches .likeness")).to_contain_text(f": patch {best} ")
        titles = visitor.page.locator("#patches .own span").evaluate_all("cells => cells.map(cell => cell.title)")
        shown = [float(title.split(": ")[1].replace("−", "-")) for title in titles]
        assert shown == pytest.approx([cosine(token, other) for other in range(1, 17)], abs=0.006)
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_contain_text("patch 16")
    assert requests == []


def test_every_small_map_has_its_place_and_opacities(visitor):
    """The opacity of a cell is its similarity, as a share of the largest between two positions."""
    open_details(visitor)
    most = max(abs(cosine(one, other)) for one in range(1, 17) for other in range(1, one))
    side = 8 * 4 * 4 + 3 * 4 * 1  # in units of 1/8 cell: four maps of 4 cells, three gaps of half a cell
    for token, other in ((2, 5), (10, 16), (13, 4)):
        (row, column), (down, right) = divmod(token - 1, 4), divmod(other - 1, 4)
        x, y = ((36 * at + 8 * (inner + 0.5)) / side for at, inner in ((column, right), (row, down)))
        opacity = ink_at(visitor, "#patches .mosaic canvas", x, y)[3] / 255
        assert opacity == pytest.approx(abs(cosine(token, other)) / most, abs=0.01)


def test_the_response_of_a_filter_is_that_of_the_model(visitor):
    drawing, _ = trace_of_sheet(visitor)
    open_details(visitor)
    visitor.page.get_by_text("Single filters").click()
    expect(visitor.page.locator("#patches .filters button")).to_have_count(96)
    button = visitor.page.locator("#patches .filters button").nth(3)
    button.click()
    match = re.search(r"Filter (\d+), rank 4 of 96", visitor.page.locator("#patches .which").inner_text())
    assert match
    feature = int(match[1]) - 1
    model = vit.load("digits-4x4")
    image = torch.from_numpy(drawing)[None, None]
    with torch.no_grad():  # the difference from an empty sheet
        sheets = (torch.cat([image, 0 * image]) - model.config.mean) / model.config.std
        inked, empty = model.patch_embed(sheets)
    titles = visitor.page.locator("#patches .response rect title").all_text_contents()
    shown = [float(title.split(": ")[1].replace("−", "-")) for title in titles]
    # The browser's image is rounded to 255 steps.
    assert shown == pytest.approx((inked - empty)[:, feature].tolist(), abs=0.05)
    weights = visitor.page.locator("#patches .weights rect title").all_text_contents()
    expected = model.patch_embed.proj.weight[feature].tolist()
    assert [float(weight.replace("−", "-")) for weight in weights] == pytest.approx(expected, abs=6e-5)


def test_closed_details_send_no_request_and_another_drawing_no_new_one(visitor):
    def asked() -> list[str]:
        names = [re.search(r'"fn_name": ?"(\w+)"', request.post_data or "") for request in visitor.readings]
        return [name[1] for name in names if name and name[1] == "filters"]

    visitor.open_tab("Patches", unfold=False)
    visitor.page.wait_for_timeout(500)
    assert asked() == []
    open_details(visitor)
    assert asked() == ["filters"]
    visitor.page.get_by_role("button", name="Example: a 3").click()
    visitor.wait_for_reading()
    assert asked() == ["filters"]
