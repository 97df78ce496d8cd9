"""Test tab What if in Chromium: a press changes the image or the model, and undo reverts it."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from demo import models
from tests.browser.figure_file import figure_of, table_of
from tests.browser.test_attention import share, trace_of_sheet
from tests.browser.test_linked_choice import framed
from vit.analysis.ablation import rearranged, without

pytestmark = pytest.mark.browser


def open_tab(visitor):
    visitor.open_tab("What if")
    settled(visitor)


def settled(visitor) -> None:
    expect(visitor.page.locator("#whatif .summary[aria-busy=false]")).to_be_attached(timeout=30_000)
    visitor.page.wait_for_timeout(50)
    expect(visitor.page.locator("#whatif .summary[aria-busy=false]")).to_be_attached(timeout=30_000)


def shown(visitor) -> list[float]:
    texts = visitor.page.locator("#whatif .bars .share").all_inner_texts()
    return [0 if text == "0 %" else share(text) for text in texts]


def expected(visitor, image=None, **off) -> list[float]:
    """Compute the probabilities of the changed model for the changed image."""
    drawn = torch.from_numpy(trace_of_sheet(visitor)[0])[None]
    changed = drawn if image is None else image(drawn)
    with torch.no_grad():
        logits = without(vit.load("digits-4x4"), **off)(changed[None])[0]
    return (logits / models.shipped_model("digits-4x4").calibration.temperature).softmax(-1).tolist()


def cell(visitor, patch: int):
    return visitor.page.locator("#whatif .frame rect").nth(patch)


def test_a_patch_is_erased_and_undo_reverts_it(visitor):
    open_tab(visitor)
    before = shown(visitor)
    assert before == pytest.approx(expected(visitor), abs=6e-4)
    cell(visitor, 5).click()
    cell(visitor, 6).click()
    settled(visitor)
    assert shown(visitor) == pytest.approx(
        expected(visitor, lambda image: rearranged(image, range(16), [5, 6])), abs=6e-4
    )
    expect(cell(visitor, 5)).to_have_attribute("aria-label", re.compile("erased"))
    for _ in range(2):
        visitor.page.locator('#whatif [data-do="undo"]').click()
        settled(visitor)
    assert shown(visitor) == before
    expect(visitor.page.locator('#whatif [data-do="undo"]')).to_be_disabled()


def test_two_patches_are_swapped(visitor):
    open_tab(visitor)
    visitor.page.get_by_text("Swap two", exact=True).click()
    cell(visitor, 5).click()
    cell(visitor, 10).click()
    settled(visitor)
    order = [*range(5), 10, *range(6, 10), 5, *range(11, 16)]
    assert shown(visitor) == pytest.approx(expected(visitor, lambda image: rearranged(image, order)), abs=6e-4)


def test_with_positions_a_shuffle_changes_the_answer_and_undo_reverts_it(visitor):
    open_tab(visitor)
    before = shown(visitor)
    visitor.page.get_by_role("button", name="Shuffle all").click()
    settled(visitor)
    order = visitor.asked()["changes"]["order"]
    assert sorted(order) == list(range(16))
    assert shown(visitor) != before
    assert shown(visitor) == pytest.approx(expected(visitor, lambda image: rearranged(image, order)), abs=6e-4)
    visitor.page.locator('#whatif [data-do="undo"]').click()
    settled(visitor)
    assert shown(visitor) == before


def test_without_positions_a_shuffle_changes_nothing(visitor):
    open_tab(visitor)
    visitor.page.get_by_role("button", name="Positions off").click()
    settled(visitor)
    without_positions = shown(visitor)
    assert without_positions == pytest.approx(expected(visitor, positions=False), abs=6e-4)
    visitor.page.get_by_role("button", name="Shuffle all").click()
    settled(visitor)
    assert shown(visitor) == pytest.approx(without_positions, abs=6e-4)
    visitor.page.get_by_role("button", name="Reset all").click()
    settled(visitor)
    assert shown(visitor) == pytest.approx(expected(visitor), abs=6e-4)


def test_heads_and_layers_are_switched_off(visitor):
    open_tab(visitor)
    for name in ("^Switch off layer 2 ", "^Switch off layer 1, head 3 "):
        visitor.page.get_by_role("button", name=re.compile(name)).click()
    settled(visitor)
    assert shown(visitor) == pytest.approx(expected(visitor, heads=[(0, 2)], layers=[1]), abs=6e-4)
    visitor.page.get_by_role("button", name=re.compile("^Switch off layer 2 ")).click()
    settled(visitor)
    assert shown(visitor) == pytest.approx(expected(visitor, heads=[(0, 2)]), abs=6e-4)


def test_the_change_of_accuracy_without_a_part_has_its_sign(visitor):
    open_tab(visitor)
    parts = models.shipped_model("digits-4x4").parts
    assert parts is not None
    all_right, rows = parts["all"], zip(parts["layers"], parts["heads"], strict=True)
    changes = [100 * (without - all_right) for layer, heads in rows for without in (layer, *heads)]
    buttons = visitor.page.locator("#whatif .parts button")
    texts = buttons.locator("small").all_inner_texts()
    signed = [f"{change:+.{2 if abs(change) < 9.95 else 0}f}" if change else "0.00" for change in changes]
    assert texts == [text.replace("-", "−") for text in signed]
    better, worse = (next(at for at, text in enumerate(signed) if text[0] == sign) for sign in "+-")
    expect(buttons.nth(better)).to_have_attribute("title", f"{signed[better][1:]} points better without it")
    expect(buttons.nth(worse)).to_have_attribute("title", f"{signed[worse][1:]} points worse without it")


def test_pointing_at_a_patch_highlights_it_everywhere_without_a_request(visitor):
    """The highlight lasts while the pointer is on the patch; then the earlier choice is back."""
    open_tab(visitor)
    sight, maps = visitor.page.locator("#sight rect"), '#whatif [data-map="attention"]'
    visitor.page.locator(f"{maps} [data-patch='9']").click()  # a click in a map chooses
    settled(visitor)
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    for pointed in (cell(visitor, 5), visitor.page.locator(f"{maps} [data-patch='6']")):
        pointed.hover()
        patch = int(pointed.get_attribute("data-place") or pointed.get_attribute("data-patch"))
        expect(sight).to_have_attribute("data-token", str(patch + 1))
        expect(visitor.page.locator("#whatif .frame .chosen")).to_have_attribute("data-place", str(patch))
        assert framed(visitor, maps) == framed(visitor, '#whatif [data-map="integrated_gradients"]') == [patch]
    visitor.page.locator("#whatif h2").hover()
    expect(sight).to_have_attribute("data-token", "10")
    cell(visitor, 0).focus()
    expect(sight).to_have_attribute("data-token", "1")
    visitor.page.keyboard.press("ArrowRight")
    expect(sight).to_have_attribute("data-token", "2")
    assert requests == []
    cell(visitor, 5).click()  # a click in the image erases
    settled(visitor)
    assert visitor.asked()["changes"]["erased"] == [5]
    visitor.open_tab("Patches")
    expect(visitor.page.locator("#patches .title")).to_have_text("Token 10: row 3, column 2")


def test_the_maps_change_with_the_reading(visitor):
    open_tab(visitor)
    colours = '#whatif [data-map="attention"] rect[data-patch]'

    def opacities() -> list[float]:
        return [float(rect.get_attribute("fill-opacity") or 0) for rect in visitor.page.locator(colours).all()]

    before = opacities()
    assert max(before) == pytest.approx(0.85)
    painted = visitor.page.locator(colours).first.evaluate("rect => getComputedStyle(rect).fill")
    assert painted in ("rgb(255, 140, 26)", "rgb(74, 163, 255)")
    cell(visitor, 5).click()
    settled(visitor)
    assert opacities() != before


def test_a_new_drawing_removes_all_changes(visitor):
    open_tab(visitor)
    cell(visitor, 5).click()
    settled(visitor)
    visitor.page.get_by_role("button", name="Example: a 3").click()
    visitor.wait_for_reading()
    settled(visitor)
    assert shown(visitor) == pytest.approx(expected(visitor), abs=6e-4)
    expect(visitor.page.locator('#whatif [data-do="undo"]')).to_be_disabled()


def test_the_maps_can_be_downloaded(visitor, tmp_path):
    open_tab(visitor)
    cell(visitor, 5).click()
    settled(visitor)
    figure = figure_of(visitor, "whatif", tmp_path)
    assert figure.texts("title") == [visitor.page.locator("#whatif .summary").inner_text()]
    assert figure.texts("line") == ["1 patch erased"]
    assert len(figure.patches()) == 32
    assert figure.signs() == ["before", "now"]
    assert [scale[0] for scale in figure.scales()] == [
        "Attention, share on a patch",
        "Integrated gradients, log-odds",
    ]
    shares = visitor.page.locator("#whatif .bars .share").all_inner_texts()
    assert all(share in figure.texts() for share in shares)
    table = table_of(visitor, "whatif")
    now = [float(row["value"]) for row in table if (row["state"], row["quantity"]) == ("now", "probability")]
    assert now == pytest.approx(expected(visitor, lambda image: rearranged(image, range(16), [5])), abs=2e-6)
    assert len([row for row in table if row["quantity"] == "integrated_gradients"]) == 16


def test_the_shared_column_lists_the_changes_and_resets_them(visitor):
    note = visitor.page.locator("#bars .edited")
    open_tab(visitor)
    expect(note).to_be_hidden()
    cell(visitor, 5).click()
    cell(visitor, 6).click()
    visitor.page.get_by_role("button", name=re.compile("Switch off layer 1, head 2")).click()
    visitor.open_tab("Attention")
    expect(note).to_contain_text("Changed in What if, and only there: 2 patches erased; 1 head off.")
    note.get_by_role("button", name="Reset").click()
    expect(note).to_be_hidden()
    visitor.open_tab("What if")
    settled(visitor)
    assert shown(visitor) == pytest.approx(expected(visitor), abs=6e-4)
    visitor.page.locator('#whatif [data-do="undo"]').click()
    expect(note).to_contain_text("2 patches erased; 1 head off.")
    visitor.press("Example: a 3")
    expect(note).to_be_hidden()


def test_the_count_of_cheap_parts_follows_from_their_numbers(visitor):
    open_tab(visitor)
    expect(visitor.page.locator("#whatif .counted")).to_contain_text("cost less than one point")
    texts = re.findall(r"(\d+) of (\d+) (head|layer)s", visitor.page.locator("#whatif .counted").inner_text())
    assert [what for *_, what in texts] == ["head", "layer"]
    for cheap, count, what in texts:
        chosen = "[data-head]" if what == "head" else "button:not([data-head])"
        below = visitor.page.locator("#whatif .parts").locator(chosen).locator("small").all_inner_texts()
        points = [float(text.replace("−", "-")) for text in below]
        assert (int(cheap), int(count)) == (sum(point > -1 for point in points), len(points))


def test_a_digit_chosen_in_why_is_named_and_can_be_reset(visitor):
    visitor.press("Example: a 4")
    visitor.open_tab("Why")
    visitor.page.locator("#why .digits").get_by_text("9", exact=True).click()
    open_tab(visitor)
    expect(visitor.page.locator("#whatif .about")).to_contain_text(
        "The map is about a 9, which you chose here or in Why."
    )
    visitor.page.get_by_role("button", name="Ask about the answer again").click()
    expect(visitor.page.locator("#whatif .about")).to_be_hidden()
    expect(visitor.page.locator("#whatif .moved")).to_contain_text("What made it a 4 now")
