"""Compare the tab Layers in Chromium with the model: the tokens' probabilities in each block, and the path of cls."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

import vit
from demo import models
from demo.requests import Reader
from demo.tabs.layers.server import Layers
from tests.browser.figure_file import figure_of, table_of
from tests.browser.test_attention import share
from tests.browser.visitor import payload
from tests.demo.packed import unpack
from vit import ink

pytestmark = pytest.mark.browser
SLIDER = "#layers .way input"


def open_tab(visitor):
    visitor.open_tab("Layers")
    expect(visitor.page.locator("#layers .token-map svg")).to_be_visible(timeout=30_000)
    expect(visitor.page.locator("#layers [aria-busy=true]")).to_have_count(0, timeout=30_000)
    visitor.page.wait_for_load_state("networkidle")


def drawing(visitor) -> dict:
    """Return the last request for a drawing, skipping those for pictures of test digits."""
    return next(asked for asked in map(payload, reversed(visitor.readings)) if "strokes" in asked)


def expected(visitor, step: int) -> torch.Tensor:
    """Compute the probabilities of each token after a block, (N, K)."""
    loaded, model = models.shipped_model("digits-4x4"), vit.load("digits-4x4")
    image = torch.from_numpy(ink.from_strokes(drawing(visitor)["strokes"]))[None, None]
    with torch.inference_mode():
        trace = model.trace(image)
    tokens = trace.tokens[step - 1, 0] if step else trace.embedded[0]
    with torch.inference_mode():
        return (model.head(model.norm(tokens)) / loaded.calibration.temperature).softmax(-1)


def bars(visitor) -> list[float]:
    texts = visitor.page.locator("#layers .bars .share").all_inner_texts()
    return [0 if text == "0 %" else share(text) for text in texts]


def digits_shown(visitor) -> list[int]:
    return [int(glyph) for glyph in visitor.page.locator('#layers [data-map="says"] text').all_text_contents()]


def path_of_cls(visitor) -> np.ndarray:
    """Return the path of the drawing's cls token, in shares of the map's side."""
    points = visitor.page.locator("#layers .token-map polyline").get_attribute("points") or ""
    return np.array([float(value) for value in points.replace(",", " ").split()]).reshape(-1, 2) / 400


def test_every_block_has_the_models_numbers_and_the_slider_sends_no_request(visitor):
    open_tab(visitor)
    path = unpack(Layers(Reader({}.get)).lens(drawing(visitor))["path"])
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    for step in (3, 2, 1, 0):
        probs = expected(visitor, step)
        assert digits_shown(visitor) == probs[1:].argmax(dim=-1).tolist()
        assert bars(visitor) == pytest.approx(probs[0].tolist(), abs=6e-4)
        assert path_of_cls(visitor)[: step + 1] == pytest.approx(path[: step + 1], abs=2e-3)
        assert path_of_cls(visitor)[-1] == pytest.approx(path[step], abs=2e-3)
        visitor.page.locator(SLIDER).press("ArrowLeft")
        visitor.page.wait_for_timeout(100)
    visitor.page.get_by_role("button", name="Play").click()
    expect(visitor.page.locator("#layers .play")).to_contain_text("Pause")
    expect(visitor.page.locator("#layers .summary")).to_contain_text("After layer 3 of 3", timeout=20_000)
    expect(visitor.page.locator("#layers .play")).to_contain_text("Play", timeout=20_000)
    assert digits_shown(visitor) == expected(visitor, 3)[1:].argmax(dim=-1).tolist()
    for patch in (0, 9):
        visitor.page.locator('#layers [data-map="says"] rect').nth(patch).hover()
        visitor.page.wait_for_timeout(100)
        assert bars(visitor) == pytest.approx(expected(visitor, 3)[patch + 1].tolist(), abs=6e-4)
    assert requests == []


def test_a_choice_holds_in_all_tabs(visitor):
    open_tab(visitor)
    visitor.page.locator(SLIDER).press("ArrowLeft")
    visitor.page.locator('#layers [data-map="says"] rect').nth(6).click()
    visitor.page.locator("#layers .digits").get_by_label("Probability of 3").check()
    probs = expected(visitor, 2)
    visitor.page.wait_for_timeout(100)
    strengths = [
        share(cell.get_attribute("aria-label"))
        for cell in visitor.page.locator('#layers [data-map="strength"] rect').all()
    ]
    assert strengths == pytest.approx(probs[1:, 3].tolist(), abs=6e-4)
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_contain_text("Layer 2")
    expect(visitor.page.locator("#attention .title")).to_contain_text("patch 7")
    visitor.page.locator('#attention .gallery button[data-layer="0"]').first.click()
    visitor.open_tab("Layers")
    expect(visitor.page.locator("#layers .summary")).to_contain_text("After layer 1 of 3")


def test_pointing_at_a_dot_shows_its_digit_and_clear_keeps_the_view(visitor):
    open_tab(visitor)
    dots = [
        visitor.page.locator(f'#layers .token-map path[data-digit="{digit}"]').get_attribute("d") or ""
        for digit in range(10)
    ]
    alone = [dot.removeprefix("M").split("h0")[0].split() for dot in dots]
    box = visitor.page.locator("#layers .token-map svg").bounding_box()
    assert box is not None
    visitor.page.locator("#layers .token-map").scroll_into_view_if_needed()
    box = visitor.page.locator("#layers .token-map svg").bounding_box() or box
    labels = set()
    for x, y in alone:
        visitor.page.mouse.move(box["x"] + float(x) * box["width"] / 400, box["y"] + float(y) * box["height"] / 400)
        labels.add(visitor.page.locator("#layers .dot span").inner_text().split("labelled ")[1][0])
    assert len(labels) >= 7  # dots of other digits may be nearer to the pointer
    ink = visitor.page.locator("#layers .dot canvas").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.some(value => value > 200)"
    )
    assert ink
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    expect(visitor.page.locator("#layers .content")).to_be_visible()


def test_a_file_has_the_background_of_the_page(visitor, tmp_path):
    """Compare with the screen near the corner of the map, where there is neither ink nor a character."""
    open_tab(visitor)
    at = 0.03  # as a share of the map's side
    with Image.open(io.BytesIO(visitor.page.locator('#layers [data-map="says"] svg').screenshot())) as picture:
        screen = picture.convert("RGB").getpixel((round(at * picture.width), round(0.5 * at * picture.height)))
    png, svg = (visitor.save("layers", format, tmp_path) for format in ("png", "svg"))
    viewer = visitor.context.new_page()
    viewer.goto(svg.as_uri())
    box = viewer.locator("svg svg").first.evaluate("map => map.getBoundingClientRect().toJSON()")
    for file, scale in ((png.read_bytes(), 300 / 96), (viewer.screenshot(), 1)):
        with Image.open(io.BytesIO(file)) as picture:
            spot = (box["x"] + at * box["width"], box["y"] + 0.5 * at * box["height"])
            ground = picture.convert("RGB").getpixel((round(scale * spot[0]), round(scale * spot[1])))
        assert ground == pytest.approx(screen, abs=12)


def test_the_maps_can_be_downloaded(visitor, tmp_path):
    open_tab(visitor)
    figure = figure_of(visitor, "layers", tmp_path)
    assert len(figure.patches()) == 32
    assert figure.texts("title")[0] in visitor.page.locator("#layers .summary").inner_text()
    assert [scale[1:] for scale in figure.scales()] == [["0 %", "50 %", "100 %"]]
    shares = visitor.page.locator("#layers .bars .share").all_inner_texts()
    assert all(share in figure.texts() for share in shares)
    strength = [float(cell.get("fill-opacity", 1)) for cell in figure.patches()[16:]]
    assert strength == pytest.approx((0.85 * expected(visitor, 3)[1:, 7]).tolist(), abs=2e-3)


def test_the_copied_data_are_the_probabilities_of_every_token_in_every_layer(visitor):
    open_tab(visitor)
    table = table_of(visitor, "layers")
    assert len(table) == 4 * 17
    for layer in range(4):
        rows = [row for row in table if row["layer"] == str(layer)]
        assert [row["token"] for row in rows] == list(map(str, range(17)))
        shown = [[float(row[f"probability_of_{digit}"]) for digit in range(10)] for row in rows]
        assert torch.tensor(shown).flatten().tolist() == pytest.approx(
            expected(visitor, layer).flatten().tolist(), abs=2e-5
        )
