"""Test the choice of the model in Chromium: every view follows it, and a reload keeps it."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from demo.models import shipped_model
from vit import checkpoint, ink

pytestmark = pytest.mark.browser
two_ship = pytest.mark.skipif("digits-7x7" not in checkpoint.shipped(), reason="only one model ships")

COARSE, FINE = "16 patches", "49 patches"
BLOCK = re.compile(r'\{"token":\s*"digits-7x7"[^}]*\}')


def trace_of_sheet(visitor, name):
    """Compute a model's trace of the strokes on the sheet."""
    image = ink.from_strokes(visitor.asked()["strokes"])
    with torch.inference_mode():
        return vit.load(name).trace(torch.from_numpy(image)[None, None])


def calibrated(name, trace):
    calibration = checkpoint.read_calibration(name)
    return (trace.logits[0] / (calibration.temperature if calibration else 1)).softmax(-1)


def shares(texts):
    return [0.99975 if ">99.9" in text else float(text.split(" %")[0]) / 100 for text in texts]


def cells(visitor):
    labels = [cell.get_attribute("aria-label") for cell in visitor.page.locator("#attention rect").all()]
    return shares([label.split(": ")[1] for label in labels])


def choices(visitor):
    return visitor.page.locator("#pad .models label").all_inner_texts()


def enlarge(visitor, layer, head):
    name = f"Layer {layer}, {f'head {head}' if head else 'mean of the heads'}"
    visitor.page.get_by_role("button", name=name, exact=True).click()


@two_ship
def test_every_view_follows_the_choice(visitor):
    page = visitor.page
    assert page.get_by_role("radio", name=COARSE).is_checked()
    before = visitor.probabilities()
    for label, name, side, layers, heads in ((FINE, "digits-7x7", 7, 6, 4), (COARSE, "digits-4x4", 4, 3, 6)):
        visitor.read_by(label)
        assert visitor.asked()["model"] == name
        expect(visitor.reader).to_have_text(shipped_model(name).summary)
        expect(page.locator("#sight .caption")).to_contain_text(f"cut into {side * side} patches")
        trace = trace_of_sheet(visitor, name)
        assert shares(visitor.probabilities()) == pytest.approx(calibrated(name, trace).tolist(), abs=6e-4)
        visitor.open_tab("Patches")
        expect(page.locator("#patches .grid .token")).to_have_count(side * side)
        expect(page.locator("#patches tr.now")).to_contain_text(f"{28 // side}×{28 // side} pixels")
        visitor.open_tab("Attention")
        expect(page.locator("#attention rect")).to_have_count(side * side)
        expect(page.locator("#attention .gallery button")).to_have_count(layers * (heads + 1))
        expect(page.locator("#attention .title")).to_have_text(f"Layer {layers}, mean of the heads: where cls looks")
        assert cells(visitor) == pytest.approx(trace.cls_attention[-1, 0].mean(dim=0)[1:].tolist(), abs=6e-4)
    assert visitor.probabilities() == before


@two_ship
def test_a_reload_keeps_the_choice_from_the_first_request_on(visitor):
    visitor.read_by(FINE)
    chosen = visitor.probabilities()
    asked = len(visitor.readings)
    visitor.reload()
    assert [request.post_data_json["data"]["model"] for request in visitor.readings[asked:]] == ["digits-7x7"]
    assert visitor.page.get_by_role("radio", name=FINE).is_checked()
    assert visitor.probabilities() == chosen
    visitor.read_by(COARSE)
    visitor.reload()
    assert visitor.asked()["model"] == "digits-4x4"
    assert visitor.page.get_by_role("radio", name=COARSE).is_checked()


@two_ship
def test_a_choice_moves_to_the_corresponding_part_of_the_other_model(visitor):
    """A missing layer or head is replaced by the last layer or the mean; a patch keeps its place in the image."""
    visitor.open_tab("Attention")
    title = visitor.page.locator("#attention .title")
    enlarge(visitor, 2, 6)
    visitor.page.locator("#attention rect").nth(6).click()
    expect(title).to_have_text("Layer 2, head 6: where patch 7 (row 2, column 3) looks")
    visitor.read_by(FINE)
    expect(title).to_have_text("Layer 2, mean of the heads: where patch 19 (row 3, column 5) looks")
    row = trace_of_sheet(visitor, "digits-7x7").attention[1, 0, :, 19].mean(dim=0)
    assert cells(visitor) == pytest.approx(row[1:].tolist(), abs=6e-4)
    enlarge(visitor, 5, 4)
    visitor.page.locator("#attention rect").nth(48).click()
    visitor.read_by(COARSE)
    expect(title).to_have_text("Layer 3, head 4: where patch 16 (row 4, column 4) looks")
    row = trace_of_sheet(visitor, "digits-4x4").attention[2, 0, 3, 16]
    assert cells(visitor) == pytest.approx(row[1:].tolist(), abs=6e-4)
    visitor.read_by(FINE)
    expect(title).to_have_text("Layer 6, head 4: where patch 49 (row 7, column 7) looks")
    with visitor.page.expect_download() as download:
        visitor.page.locator('#attention [data-format="svg"]').click()
    assert download.value.suggested_filename == "attention-patch-49-layer-6-head-4.svg"


@two_ship
def test_a_patch_keeps_its_place_in_the_patches_tab(visitor):
    visitor.open_tab("Patches")
    title = visitor.page.locator("#patches .title")
    visitor.page.locator("#patches .grid [data-token='12']").click()
    expect(title).to_have_text("Token 12: row 3, column 4")
    visitor.read_by(FINE)
    expect(title).to_have_text("Token 35: row 5, column 7")
    expect(visitor.page.locator("#patches .pixels span")).to_have_count(16)
    visitor.page.locator("#patches .token.cls").click()
    visitor.read_by(COARSE)
    expect(title).to_have_text("Token 0: cls")


@two_ship
def test_arrow_keys_choose_and_an_empty_sheet_names_the_model(visitor):
    visitor.press("Clear")
    visitor.page.get_by_role("radio", name=COARSE).focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(visitor.page.get_by_role("radio", name=FINE)).to_be_checked()
    expect(visitor.reader).to_have_text(shipped_model("digits-7x7").summary)
    expect(visitor.spoken).to_be_empty()
    visitor.draw([[[140, 40], [140, 140], [140, 240]]])
    visitor.wait_for_reading()
    assert visitor.asked()["model"] == "digits-7x7"


def test_with_one_model_there_is_no_choice(visitor):
    """The page is changed to that with a single shipped model."""

    def alone(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(rf",\s*{BLOCK.pattern}", "", answer.text()))

    visitor.page.route(visitor.page.url, alone)
    visitor.reload()
    assert not BLOCK.search(visitor.page.content())
    expect(visitor.page.locator("#pad .models")).to_be_hidden()
    expect(visitor.reader).to_have_text(f"Read by {shipped_model('digits-4x4').summary}")


def test_with_invalid_stored_state_a_shipped_model_reads(visitor):
    for stored in ("nonsense", "{}", '{"model": "digits-9x9", "own": null}', '{"model": 5, "own": 5}'):
        visitor.page.evaluate("stored => sessionStorage.setItem('inkling-reader', stored)", stored)
        visitor.reload()
        assert visitor.asked()["model"] == "digits-4x4", stored
        expect(visitor.page.locator("#pad .message")).to_be_empty()
        assert "Your model" not in choices(visitor), stored


def test_an_expired_own_model_is_reported_and_no_longer_offered(visitor):
    state = '{"model": "0123456789abcdef", "own": "0123456789abcdef"}'
    before = visitor.probabilities()
    visitor.page.evaluate("gone => sessionStorage.setItem('inkling-reader', gone)", state)
    visitor.reload()
    expect(visitor.page.locator("#pad .message")).to_contain_text("no longer stored")
    assert "Your model" not in choices(visitor)
    assert visitor.probabilities() == before
    visitor.reload()
    expect(visitor.page.locator("#pad .message")).to_be_empty()
    assert visitor.asked()["model"] == "digits-4x4"
