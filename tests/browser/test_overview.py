"""Test the overview in Chromium: each part has the model's numbers, announces them, and opens its view."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.visitor import Visitor
from vit import explain, ink

pytestmark = pytest.mark.browser
NAMES = {"16 patches": "digits-4x4", "49 patches": "digits-7x7"}


def opened(visitor: Visitor):
    """Open the overview and wait for its picture."""
    visitor.open_tab("Overview")
    picture = visitor.page.locator("#overview .picture svg")
    expect(picture).to_be_visible()
    return picture


def model_and_image(visitor: Visitor, label: str):
    """Return the model by its label, and the image of the drawing."""
    return vit.load(NAMES[label]), ink.from_strokes(visitor.asked()["strokes"])


def chosen(visitor: Visitor) -> dict:
    """Return what is chosen in all views."""
    module = visitor.bus.replace("bus.js", "selection.js")
    return visitor.page.evaluate("async (path) => (await import(path)).chosen()", module)


@pytest.mark.parametrize("label", NAMES)
def test_the_picture_has_every_part_with_the_models_own_numbers(visitor, label):
    picture = opened(visitor)
    visitor.read_by(label)
    model, image = model_and_image(visitor, label)
    config = model.config
    expect(picture.locator(".heads [data-part]")).to_have_count(config.depth * config.num_heads)
    expect(picture.locator(".tokens [data-part=patch]")).to_have_count(config.num_patches)
    expect(picture.locator("[data-part=ring]")).to_have_count(config.depth + 1)
    expect(picture.locator("[data-part=bar]")).to_have_count(config.num_classes)
    with torch.inference_mode():
        trace = model.trace(torch.from_numpy(image)[None, None])
    attention = trace.cls_attention[:, 0].mean(dim=1)[:, 1:]  # (L, N - 1)
    flows = picture.locator("[data-part=flow]").evaluate_all("all => all.map((flow) => Number(flow.dataset.share))")
    np.testing.assert_allclose(flows, attention.flatten(), atol=2e-4)
    lens = explain.lens(model, image[None])[:, 0]
    labels = picture.locator("[data-part=ring]").evaluate_all("all => all.map((ring) => ring.ariaLabel)")
    for layer in range(config.depth - 1):  # the last layer is calibrated, like the bars
        assert f"read {'an' if lens[layer].argmax() == 8 else 'a'} {lens[layer].argmax()} from cls" in labels[layer + 1]
    assert visitor.probabilities() == picture.locator("[data-part=bar] text:last-of-type").all_text_contents()


def test_pointing_at_a_head_shows_its_number_and_a_click_opens_it(visitor):
    picture = opened(visitor)
    model, image = model_and_image(visitor, "16 patches")
    with torch.inference_mode():
        share = model.trace(torch.from_numpy(image)[None, None]).cls_attention[1, 0, 2, 1 + 6]  # row 2, column 3
    head = picture.locator("[data-part=head][data-layer='1'][data-head='2']")
    box = head.bounding_box()
    assert box is not None
    visitor.page.mouse.move(box["x"] + 0.62 * box["width"], box["y"] + 0.37 * box["height"])
    status = visitor.page.locator("#overview .says")
    expect(status).to_have_text(
        re.compile(rf"^Layer 2, head 3: cls gives {100 * share:.1f} % of its attention to the patch in row 2, column 3")
    )
    expect(picture.locator(".streams .lit")).to_have_count(1)
    expect(picture.locator(".marks rect[display=inline]")).to_have_count(model.config.depth * model.config.num_heads)
    asked = len(visitor.readings)
    visitor.page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    expect(status).to_contain_text("row 1, column 1")
    assert len(visitor.readings) == asked
    visitor.page.mouse.down()
    visitor.page.mouse.up()
    expect(visitor.open_view).to_have_text("Attention")
    assert {name: chosen(visitor)[name] for name in ("layer", "head", "token")} == {
        "layer": 1,
        "head": 2,
        "token": None,
    }


@pytest.mark.parametrize(
    ("part", "view", "expected"),
    [
        (".tokens [data-part=patch][data-token='7']", "Patches", {"token": 7}),
        ("[data-part=ring][data-step='2']", "Layers", {"layer": 1}),
        ("[data-part=bar][data-digit='4']", "Why", {"digit": 4}),
        ("[data-part=block][data-layer='2']", "Inside", {"layer": 2}),
    ],
)
def test_the_keyboard_opens_a_part_in_its_view(visitor, part, view, expected):
    picture = opened(visitor)
    cell = picture.locator(part)
    cell.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.open_view).to_have_text(view)
    assert {name: chosen(visitor)[name] for name in expected} == expected


def test_arrow_keys_go_through_the_parts_and_announce_them(visitor):
    picture = opened(visitor)
    picture.locator("[data-part=ring][data-step='0']").focus()
    visitor.page.keyboard.press("ArrowDown")
    expect(picture.locator("[data-part=ring][data-step='1']")).to_be_focused()
    expect(visitor.page.locator("#overview .says")).to_contain_text("After layer 1, the head would read")


def test_the_picture_follows_the_pen_and_stays_pale_after_clear(visitor):
    picture = opened(visitor)
    flows = "all => all.map((flow) => flow.dataset.share)"
    before = picture.locator("[data-part=flow]").evaluate_all(flows)
    drawing = picture.locator("image").first.get_attribute("href")
    visitor.press("Clear")
    expect(visitor.page.locator("#overview .says")).to_contain_text("The picture still shows the last drawing")
    assert picture.locator("image").first.get_attribute("href") == drawing
    points = [(80 + 4 * step, 60 + 6 * step) for step in range(25)]
    visitor.page.mouse.move(*visitor.spot(points[0]))
    visitor.page.mouse.down()
    for point in points[1:]:
        visitor.page.mouse.move(*visitor.spot(point))
        visitor.page.wait_for_timeout(20)
    expect(picture.locator("image").first).not_to_have_attribute("href", drawing or "")
    assert picture.locator("[data-part=flow]").evaluate_all(flows) != before
    assert not visitor.asked()["whole"]
    visitor.page.mouse.up()
    visitor.wait_for_reading()


def test_the_first_tap_shows_a_part_and_the_second_opens_it(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    picture = opened(visitor)
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = picture.locator("text").evaluate_all(
        "all => all.map((text) => parseFloat(getComputedStyle(text).fontSize))"
    )
    scale = picture.evaluate("drawn => drawn.getBoundingClientRect().width / drawn.viewBox.baseVal.width")
    assert min(sizes) * scale >= 10.99
    head = picture.locator("[data-part=head][data-layer='0'][data-head='1']")
    head.tap()
    expect(visitor.page.locator("#overview .says")).to_contain_text("Layer 1, head 2")
    expect(visitor.page.locator("#overview .go")).to_be_visible()
    head.tap()
    expect(visitor.open_view).to_have_text("Attention")


def test_the_picture_can_be_downloaded(visitor, tmp_path):
    opened(visitor)
    _, drawn = visitor.save_both("overview", tmp_path, 100)
    assert "How a vision transformer reads a drawing: 7" in drawn
    assert "Layer 1" in drawn and "Your drawing" in drawn
    assert drawn.count("<image") >= 7
