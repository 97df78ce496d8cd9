"""Comparison with a second model: the same view in a frame, which follows the page, and another model's reading."""

import json
import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from demo.requests import from_strokes
from tests.browser.training import MOMENT, button, message, set_up

pytestmark = pytest.mark.browser

SEVEN = [[(70, 60), (140, 60), (210, 60), (170, 140), (120, 230)]]


def compare(page):
    """Begin the comparison; return the page in the frame when it has read."""
    page.get_by_role("button", name="Compare with another model").click()
    frame = page.frame_locator("#second-model iframe")
    expect(frame.locator("#bars .summary")).to_contain_text("Read as", timeout=60_000)
    return frame


def stored(page):
    """Return what the browser stores, without Gradio's own item, which is encrypted again at each load."""
    texts = page.evaluate("[localStorage, sessionStorage].map((storage) => JSON.stringify(storage))")
    return [{name: value for name, value in json.loads(text).items() if name != "inkling"} for text in texts]


def test_the_other_model_reads_the_same_drawing_in_the_same_view(visitor):
    page = visitor.page
    visitor.open_tab("Attention")
    frame = compare(page)
    expect(frame.locator("#pad .models input:checked + span")).to_have_text("49 patches")
    visitor.draw(SEVEN)
    expect(visitor.spoken).to_contain_text("Read as 7")
    expect(frame.locator("#bars .summary")).to_have_text("Read as 7")
    page.locator('#attention .gallery [data-layer="2"][data-head="1"]').click()  # the last layer
    expect(frame.locator('#attention .gallery [data-layer="5"][data-head="1"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    visitor.open_tab("Layers")
    expect(frame.locator("#layers")).to_be_visible()


def test_the_comparison_ends_without_a_trace(visitor):
    page = visitor.page
    visitor.open_tab("Attention")
    page.wait_for_timeout(900)  # the address is written
    before = stored(page)
    frame = compare(page)
    frame.locator("#pad .models").get_by_label("16 patches").check()
    page.wait_for_function("location.hash.includes('compare=digits-4x4')")
    visitor.reload()
    restored = page.frame_locator("#second-model iframe")
    expect(restored.locator("#pad .models input:checked + span")).to_have_text("16 patches", timeout=60_000)
    page.get_by_role("button", name="End the comparison").click()
    page.wait_for_function("!location.hash.includes('compare')")
    expect(page.locator("#second-model iframe")).to_be_hidden()
    assert stored(page) == before


def downloaded_model(visitor, folder):
    """Train a model until it tells a 7 from a 4, and return its downloaded file."""
    set_up(visitor, epochs=6, images=1000)
    button(visitor, "Start").click()
    expect(message(visitor)).to_contain_text("Finished", timeout=3 * MOMENT)
    visitor.page.locator("#runs").scroll_into_view_if_needed()
    with visitor.page.expect_download() as waiting:
        visitor.page.locator("#runs").get_by_role("button", name="Download").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


@pytest.mark.slow
def test_a_downloaded_model_reads_beside_that_of_the_page(visitor, tmp_path):
    page = visitor.page
    path = downloaded_model(visitor, tmp_path)
    visitor.read_by("16 patches")
    visitor.open_tab("Attention")
    visitor.draw(SEVEN)
    frame = compare(page)
    file, said = page.locator("#second-model input"), page.locator("#second-model .message")
    damaged = {"name": "damaged.safetensors", "mimeType": "application/octet-stream", "buffer": path.read_bytes()[:-9]}
    file.set_input_files(damaged)
    expect(said).to_contain_text("it is damaged, or of another kind")
    expect(frame.locator("#pad .models input:checked + span")).to_have_text("49 patches")
    file.set_input_files(path)
    expect(said).to_have_text(f"{path.name} reads below.")
    expect(frame.locator("#pad .models input:checked + span")).to_have_text("A file")
    expect(frame.locator("#pad .name")).to_have_text(f"{path.name}: 16 patches, 269,098 parameters.")
    image = torch.from_numpy(from_strokes(visitor.asked()["strokes"]))
    digit = int(vit.load(path).trace(image[None, None]).logits.argmax())
    expect(frame.locator("#bars .summary")).to_have_text(f"Read as {digit}")
    expect(visitor.spoken).to_contain_text("Read as 7")
    for tab, place in {
        "Layers": "#layers .summary",
        "Why": "#why .title",
        "Two drawings": "#two-drawings .summary",
    }.items():
        visitor.open_tab(tab)
        for shown in (page, frame):
            expect(shown.locator(place)).to_contain_text(re.compile(r"\d"), timeout=60_000)
    assert visitor.errors == []
