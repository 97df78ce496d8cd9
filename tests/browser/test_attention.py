"""Compare the tabs Patches and Attention in Chromium with the model."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from demo.requests import samples
from tests.browser.figure_file import figure_of, table_of
from vit import ink

pytestmark = pytest.mark.browser


def trace_of_sheet(visitor):
    """Compute the model's trace of the drawing on the sheet; return the image and the trace."""
    source = visitor.asked()
    if "sample" in source:
        images, _, indices = samples()
        image = images[indices == source["sample"]][0].astype("float32") / 255
    else:
        image = ink.from_strokes(source["strokes"])
    with torch.inference_mode():
        return image, vit.load("digits-4x4").trace(torch.from_numpy(image)[None, None])


def share(text: str) -> float:
    """Return the share that a text shows; values above 99.95 % are shown as ">99.9 %", so take their middle."""
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
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
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
    assert requests == []


def test_attention_follows_the_pen(visitor):
    """While the pen is down, the maps show the attention of cls on the drawing so far."""
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


def test_arrow_keys_move_over_the_patches(visitor):
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


def choose(visitor, layer: int, head: int | None, token: int) -> None:
    """Choose a layer, a head (None: the mean of all) and the token whose attention is shown."""
    name = "mean of the heads" if head is None else f"head {head + 1}"
    visitor.page.get_by_role("button", name=f"Layer {layer + 1}, {name}", exact=True).click()
    if token:
        visitor.page.locator("#attention rect").nth(token - 1).click()
    visitor.page.locator("#attention h2").hover()


@pytest.mark.parametrize(("layer", "head", "token"), [(2, None, 0), (0, 4, 7), (1, 0, 16)])
def test_a_figure_shows_the_chosen_row(visitor, tmp_path, layer, head, token):
    visitor.open_tab("Attention")
    _, trace = trace_of_sheet(visitor)
    choose(visitor, layer, head, token)
    title = visitor.page.locator("#attention .title").inner_text()
    figure = figure_of(visitor, "attention", tmp_path)
    rows = trace.attention[layer, 0]
    row = rows.mean(dim=0)[token] if head is None else rows[head, token]
    name = "mean-of-the-heads" if head is None else f"head-{head + 1}"
    query = f"patch-{token}" if token else "cls"
    assert figure.png.name == f"attention-{query}-layer-{layer + 1}-{name}.png"
    assert figure.texts("title") == [title]
    largest = row[1:].max().item()
    [[label, low, high]] = figure.scales()
    assert "share of the token's attention" in label
    assert (share(low), share(high)) == (0, pytest.approx(largest, abs=6e-4))
    assert share(figure.texts("line")[0]) == pytest.approx(row[0].item(), abs=6e-4)
    cells = figure.patches()
    assert {cell.get("fill") for cell in cells} == {"rgb(255, 140, 26)"}
    opacities = [float(cell.get("fill-opacity", 1)) for cell in cells]
    assert opacities == pytest.approx((0.82 * row[1:] / largest).tolist(), abs=2e-3)
    places = [(float(cell.get("x", -1)), float(cell.get("y", -1))) for cell in cells]
    assert places == [(7.0 * column, 7.0 * line) for line in range(4) for column in range(4)]
    assert figure.svg.read_text(encoding="utf-8").count("<image") == 1 + trace.attention.shape[0] * 7


def test_the_copied_data_are_the_models_attention(visitor):
    visitor.open_tab("Attention")
    _, trace = trace_of_sheet(visitor)
    choose(visitor, 1, 2, 7)
    table = table_of(visitor, "attention")
    depth, _, heads, tokens = trace.attention.shape[:4]
    assert len(table) == depth * (heads + 1) * tokens
    for cell in table:
        rows = trace.attention[int(cell["layer"]) - 1, 0]
        head = rows.mean(dim=0) if cell["head"] == "mean" else rows[int(cell["head"]) - 1]
        token = int(cell["to_token"])
        assert float(cell["attention"]) == pytest.approx(head[int(cell["from_token"]), token].item(), abs=2e-5)
        place = (int(cell["row"] or 0), int(cell["column"] or 0))
        assert place == ((token - 1) // 4 + 1, (token - 1) % 4 + 1) if token else place == (0, 0)
    assert {cell["from_token"] for cell in table} == {"7"}


def test_a_patch_shows_its_pixels_and_embeddings(visitor):
    visitor.open_tab("Patches")
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
    visitor.open_tab("Patches")
    image, trace = trace_of_sheet(visitor)
    visitor.page.locator(f"#patches .token[data-token='{token}']").click()
    figure = figure_of(visitor, "patches", tmp_path)
    drawn = figure.svg.read_text(encoding="utf-8")
    assert figure.png.name == f"patches-token-{token}.png"
    assert drawn.count("<image") == 16
    greys = [int(grey) for grey in re.findall(r'fill="rgb\((\d+), ?\d+, ?\d+\)"', drawn)]
    pixels = image[7:14, 7:14].ravel() if token else []
    assert greys == pytest.approx([255 * pixel for pixel in pixels], abs=1)
    assert [scale[0] for scale in figure.scales()] == ["Values of the vectors", "Cosine similarity of positions"]
    values: dict[str, list[float]] = {}
    for row in table_of(visitor, "patches"):
        assert row["token"] == str(token)
        values.setdefault(row["quantity"], []).append(float(row["value"]))
    position = vit.load("digits-4x4").pos_embed[0].detach()
    alike = torch.cosine_similarity(position[token], position[1:], dim=-1)
    assert values.get("pixel", []) == pytest.approx(list(pixels), abs=3e-3)
    assert values["pos_embed"] == pytest.approx(position[token].tolist(), abs=1e-5)
    assert values["sum"] == pytest.approx(trace.embedded[0, token].tolist(), abs=1e-5)
    assert values["position_similarity"] == pytest.approx(alike.tolist(), abs=1e-5)


def test_the_table_of_patch_sizes_has_the_models_numbers(visitor):
    visitor.open_tab("Patches")
    rows = visitor.page.locator("#patches tbody tr").all_inner_texts()
    assert [row.split()[:4] for row in rows if row.startswith(("7×7", "1×1"))] == [
        ["7×7", "pixels", "16", "17"],
        ["1×1", "pixels", "784", "785"],
    ]
    expect(visitor.page.locator("#patches tr.now")).to_contain_text("7×7")


def test_a_head_opens_in_inside_from_its_map(visitor):
    visitor.open_tab("Attention")
    inside = visitor.page.get_by_role("button", name="Look inside this head")
    expect(inside).to_be_disabled()
    visitor.page.locator('#attention .gallery [data-layer="1"][data-head="4"]').click()
    inside.click()
    expect(visitor.open_view).to_have_text("Inside")
    for group, value in (("Layer", "2"), ("Head", "5")):
        expect(visitor.page.locator("#inside").get_by_label(f"{group} {value}", exact=True)).to_be_checked()
