"""The Patches and Attention tabs in a real browser, held against the model itself."""

import re

import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

import vit
from demo.requests import samples
from vit import ink

pytestmark = pytest.mark.browser


def trace_of_sheet(visitor):
    """The model's trace of what is on the sheet, computed here."""
    source = visitor.asked()
    if "sample" in source:
        images, _, indices = samples()
        image = images[indices == source["sample"]][0].astype("float32") / 255
    else:
        image = ink.from_strokes(source["strokes"])
    with torch.inference_mode():
        return image, vit.load("digits-4x4").trace(torch.from_numpy(image)[None, None])


def share(text: str) -> float:
    """The share that a text gives; what is above 99.95 % is not said more closely, so its middle is taken."""
    if ">99.9 %" in text:
        return 0.99975
    found = re.search(r"([\d.]+) %", text)
    assert found, text
    return float(found[1]) / 100


def cells(visitor):
    return [share(cell.get_attribute("aria-label")) for cell in visitor.page.locator("#attention rect").all()]


def test_hovering_shows_where_a_patch_looks_without_a_request(visitor):
    visitor.open_tab("Attention")
    rects = visitor.page.locator("#attention rect")
    expect(rects).to_have_count(16)
    _, trace = trace_of_sheet(visitor)
    asked = len(visitor.readings)
    everything = []
    visitor.page.on("request", lambda request: "/modules/" in request.url or everything.append(request.url))
    assert cells(visitor) == pytest.approx(trace.cls_attention[-1, 0].mean(dim=0)[1:].tolist(), abs=6e-4)
    for patch in (0, 5, 10, 15):
        rects.nth(patch).hover()
        expect(visitor.page.locator("#attention .title")).to_contain_text(f"patch {patch + 1}")
        row = trace.attention[-1, 0, :, patch + 1].mean(dim=0)
        assert cells(visitor) == pytest.approx(row[1:].tolist(), abs=6e-4)
        assert share(visitor.page.locator("#attention .self .share").inner_text()) == pytest.approx(
            row[0].item(), abs=6e-4
        )
    assert len(visitor.readings) == asked
    assert everything == []


def test_attention_follows_the_pen(visitor):
    """While the pen is down the maps show where cls looks at what is drawn so far."""
    visitor.open_tab("Attention")
    x, y = visitor.spot([60, 60])
    before = cells(visitor)
    visitor.page.mouse.move(x, y)
    visitor.page.mouse.down()
    for step in range(30):
        visitor.page.mouse.move(x + 5 * step, y + 2 * step)
        visitor.page.wait_for_timeout(20)
    visitor.page.wait_for_timeout(300)
    during = cells(visitor)
    asked = visitor.asked()
    assert not asked["whole"]
    with torch.inference_mode():
        image = torch.from_numpy(ink.from_strokes(asked["strokes"]))
        trace = vit.load("digits-4x4").trace(image[None, None])
    assert during != before
    assert during == pytest.approx(trace.cls_attention[-1, 0].mean(dim=0)[1:].tolist(), abs=6e-4)
    visitor.page.mouse.up()
    visitor.wait_for_reading()


def test_keys_walk_over_the_patches(visitor):
    visitor.open_tab("Attention")
    first = visitor.page.locator("#attention rect").first
    first.focus()
    title = visitor.page.locator("#attention .title")
    expect(title).to_contain_text("patch 1 ")
    visitor.page.keyboard.press("ArrowDown")
    expect(title).to_contain_text("patch 5 ")
    visitor.page.keyboard.press("ArrowRight")
    expect(title).to_contain_text("patch 6 ")
    visitor.page.keyboard.press("Enter")
    visitor.page.locator("#attention .gallery button").first.focus()
    expect(title).to_contain_text("patch 6 ")
    visitor.page.get_by_role("button", name="Back to cls").click()
    expect(title).to_contain_text("where cls looks")


def test_every_head_can_be_enlarged(visitor):
    visitor.open_tab("Attention")
    _, trace = trace_of_sheet(visitor)
    depth, _, heads = trace.attention.shape[:3]
    expect(visitor.page.locator("#attention .gallery button")).to_have_count(depth * (heads + 1))
    for layer, head in ((0, 0), (1, heads - 1), (depth - 1, 2)):
        visitor.page.get_by_role("button", name=f"Layer {layer + 1}, head {head + 1}", exact=True).click()
        expect(visitor.page.locator("#attention .title")).to_contain_text(f"Layer {layer + 1}, head {head + 1}")
        row = trace.cls_attention[layer, 0, head]
        assert cells(visitor) == pytest.approx(row[1:].tolist(), abs=6e-4)


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_map_can_be_downloaded(visitor, suffix, start, tmp_path):
    visitor.open_tab("Attention")
    path = visitor.save("attention", suffix, tmp_path)
    assert path.name == f"attention-cls-layer-3-mean-of-the-heads.{suffix}"
    content = path.read_bytes()
    assert content.startswith(start)
    assert len(content) > 5000


def test_a_patch_shows_its_pixels_and_embeddings(visitor):
    image, trace = trace_of_sheet(visitor)
    model = vit.load("digits-4x4")
    for token in (6, 16):
        visitor.page.locator(f"#patches .grid [data-token='{token}']").click()
        row, column = divmod(token - 1, 4)
        pixels = image[7 * row : 7 * row + 7, 7 * column : 7 * column + 7].ravel() * 255
        shown = visitor.page.locator("#patches .pixels span").all_inner_texts()
        assert list(map(int, shown)) == pytest.approx(pixels.tolist(), abs=1)
        strips = visitor.page.locator("#patches .strip")
        values = [
            [
                float(title.split(": ")[1])
                for title in strips.nth(at).locator(".cells span").evaluate_all("all => all.map(cell => cell.title)")
            ]
            for at in range(3)
        ]
        position = model.pos_embed[0, token]
        assert values[1] == pytest.approx(position.tolist(), abs=6e-4)
        assert values[2] == pytest.approx(trace.embedded[0, token].tolist(), abs=6e-4)
        assert values[0] == pytest.approx((trace.embedded[0, token] - position).tolist(), abs=6e-4)


@pytest.mark.parametrize("token", [0, 6])
def test_the_patches_can_be_downloaded(visitor, tmp_path, token):
    image, _ = trace_of_sheet(visitor)
    visitor.page.locator(f"#patches .token[data-token='{token}']").click()
    png, drawn = visitor.save_both("patches", tmp_path, 100)
    assert png.name == f"patches-token-{token}.png"
    with Image.open(png) as picture:
        assert picture.size == (1440, 800)
    assert drawn.count("<image") == 16
    greys = [int(grey) for grey in re.findall(r'fill="rgb\((\d+), ?\d+, ?\d+\)"', drawn)]
    assert greys == pytest.approx((image[7:14, 7:14].ravel() * 255).tolist() if token else [], abs=1)


def test_the_story_has_the_models_numbers(visitor):
    rows = visitor.page.locator("#patches tbody tr").all_inner_texts()
    assert [row.split()[:4] for row in rows if row.startswith(("7×7", "1×1"))] == [
        ["7×7", "pixels", "16", "17"],
        ["1×1", "pixels", "784", "785"],
    ]
    expect(visitor.page.locator("#patches tr.now")).to_contain_text("7×7")
