"""Compare the tab Why in Chromium with the exact values."""

import json
import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.figure_file import figure_of, table_of
from tests.browser.test_attention import trace_of_sheet
from tests.browser.why import MAP, assert_shown, exact_of_sheet, open_why, wait_for_answer
from vit.explain.gradient import completeness_gap, integrated_gradients

pytestmark = pytest.mark.browser
PLACE = re.compile(r"row (\d), column (\d)")


def test_the_answer_is_shown_without_a_click(visitor):
    open_why(visitor)
    assert_shown(visitor, exact_of_sheet(visitor))
    expect(visitor.page.locator("#why .title")).to_have_text("What made it a 7")
    expect(visitor.page.locator("#why .summary")).to_contain_text(
        re.compile(r"Attention is strongest at row \d, column \d.* rank agreement .*score ")
    )
    for card in visitor.page.locator("#why .card").all():
        expect(card.locator(".score")).to_contain_text(re.compile(r"score −?\d\.\d\d"))
        expect(card.locator(".cost")).to_contain_text(re.compile(r"\d ms"))
    expect(visitor.page.locator("#why .claim")).to_have_text("This much of the answer is due to the ink here.")
    assert_the_gap_is_shown(visitor)


def test_the_sum_is_the_difference_of_the_numbers_beside_it(visitor):
    open_why(visitor)
    for name in "0123456789":
        visitor.press(f"Example: a {name}")
        expect(visitor.page.locator("#why .title")).to_have_text(re.compile(f"What made it an? {name}"))
        expect(visitor.page.locator("#why .answer")).to_have_attribute("aria-busy", "false")
        text = visitor.page.locator("#why .sum").inner_text().replace("−", "-").split(" with all")[0]
        numbers = re.findall(r"[+-]\d+\.\d+", text)
        assert len(numbers) == 3 and len({len(number.split(".")[1]) for number in numbers}) == 1
        total, none, everything = map(float, numbers)
        assert total == pytest.approx(everything - none, abs=1e-9)


def test_both_maps_outline_both_top_patches(visitor):
    open_why(visitor)
    expect(visitor.page.locator("#why .summary")).to_contain_text("Attention is strongest")
    text = visitor.page.locator("#why .summary").inner_text()
    named = {(int(row), int(column)) for row, column in PLACE.findall(text)}
    for holder in ("exact", "attention"):
        frames = visitor.page.locator(f'#why [data-map="{holder}"] .top').evaluate_all(
            "all => all.map((one) => [Number(one.getAttribute('y')), Number(one.getAttribute('x'))])"
        )
        assert len(frames) == 2
        assert {(int(y // 7) + 1, int(x // 7) + 1) for y, x in frames} == named
    expect(visitor.page.locator("#why .looks")).to_contain_text("Dashed: its strongest patch; solid: the largest")
    assert visitor.page.locator('#why [data-map="exact"]').evaluate(STRUCK) == []


# The numbers of a map that a line of a frame goes through.
STRUCK = """map => {
    const edges = [...map.querySelectorAll(".top")].map((frame) => frame.getBoundingClientRect().bottom);
    return [...map.querySelectorAll("text")].filter((number) => {
        const { top, bottom } = number.getBoundingClientRect(),
            digits = bottom - 0.2 * (bottom - top); // they have no descenders
        return edges.some((edge) => top < edge && digits > edge - 3);
    }).map((number) => number.textContent);
}"""


def assert_the_gap_is_shown(visitor) -> None:
    image, trace = trace_of_sheet(visitor)
    arguments = vit.load("digits-4x4"), torch.from_numpy(image)[None], int(trace.logits.argmax())
    result = integrated_gradients(*arguments)
    gap = completeness_gap(*arguments, result)
    text = visitor.page.locator('#why [data-card="integrated_gradients"] .gap').inner_text()
    numbers = [float(each) for each in re.findall(r"−?\d+\.\d\d", text.replace("−", "-"))]
    assert numbers == pytest.approx([float(result.sum()), float(result.sum()) + gap, abs(gap)], abs=0.011)


def test_another_digit_can_be_asked_about(visitor):
    open_why(visitor)
    visitor.page.get_by_role("radio", name="Why 9?").check()
    expect(visitor.page.locator("#why .title")).to_have_text("What supports a 9")
    wait_for_answer(visitor)
    assert_shown(visitor, exact_of_sheet(visitor, 9))


def test_a_new_drawing_gets_a_new_answer(visitor):
    open_why(visitor)
    visitor.press("Clear")
    expect(visitor.page.locator("#why .summary")).to_be_visible()
    expect(visitor.page.locator("#why .summary")).not_to_have_text("Draw a digit first")
    visitor.draw([[[140, 40 + 10 * step] for step in range(20)]])
    visitor.wait_for_reading()
    wait_for_answer(visitor)
    expect(visitor.page.locator(MAP)).to_have_count(16)
    assert_shown(visitor, exact_of_sheet(visitor))


def test_a_closed_tab_sends_no_request(visitor):
    arguments = [json.loads(request.post_data or "{}") for request in visitor.readings]
    visitor.press("Clear")
    visitor.draw([[[60, 60], [200, 60], [120, 220]]])
    visitor.wait_for_reading()
    visitor.page.wait_for_timeout(500)
    names = {json.loads(request.post_data or "{}").get("fn_name") for request in visitor.readings}
    assert arguments
    assert not names & {"maps", "erased", "unseen"}
    open_why(visitor)
    assert_shown(visitor, exact_of_sheet(visitor))


def test_hovering_marks_the_patch_everywhere_without_a_request(visitor):
    open_why(visitor)
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    expected = exact_of_sheet(visitor)
    for patch in (5, 6, 13):
        visitor.page.locator(MAP).nth(patch).hover()
        status = visitor.page.locator("#why .here")
        expect(status).to_contain_text(f"row {patch // 4 + 1}, column {patch % 4 + 1}")
        text = re.search(r"worth ([+−][\d.]+)", status.inner_text())
        assert text
        assert float(text[1].replace("−", "-")) == pytest.approx(expected[patch].item(), abs=0.051)
        marked = visitor.page.locator('#why rect[data-patch][stroke="#fff"]')
        assert {cell.get_attribute("data-patch") for cell in marked.all()} == {str(patch)}
        expect(marked).to_have_count(10)  # two large maps, the map of the account, and seven cards
    assert requests == []


def test_the_words_about_the_chosen_patch_follow_the_digit(visitor):
    open_why(visitor)
    visitor.page.locator(MAP).nth(5).click()
    for target in (8, 7):
        visitor.page.get_by_role("radio", name=f"Why {target}?").check()
        expect(visitor.page.locator("#why .title")).to_contain_text(f" {target}")
        wait_for_answer(visitor)
        expected = exact_of_sheet(visitor, target)[5].item()
        words = visitor.page.locator("#why .here")
        expect(words).to_contain_text(re.compile(r"row 2, column 2: worth [+−][\d.]+"))
        text = re.search(r"worth ([+−][\d.]+)", words.inner_text())
        assert text
        assert float(text[1].replace("−", "-")) == pytest.approx(expected, abs=0.051)


def test_the_decisive_patches_are_marked(visitor):
    open_why(visitor)
    button = visitor.page.locator("#why .sets button").first
    button.hover()
    title = button.get_attribute("title") or ""
    marked = visitor.page.locator(f'{MAP}[stroke="#fff"]').all()
    places = {
        f"row {int(cell.get_attribute('data-patch')) // 4 + 1}, column {int(cell.get_attribute('data-patch')) % 4 + 1}"
        for cell in marked
    }
    assert places == set(title.split("; "))


def test_arrow_keys_move_through_the_map(visitor):
    open_why(visitor)
    visitor.page.locator(MAP).first.focus()
    for key, patch in (("ArrowRight", 1), ("ArrowDown", 5), ("ArrowLeft", 4), ("ArrowUp", 0)):
        visitor.page.keyboard.press(key)
        expect(visitor.page.locator(MAP).nth(patch)).to_be_focused()
        expect(visitor.page.locator("#why .here")).to_contain_text(f"row {patch // 4 + 1}, column {patch % 4 + 1}")


def test_the_figure_has_values_scores_and_a_scale(visitor, tmp_path):
    open_why(visitor)
    exact, page = exact_of_sheet(visitor), visitor.page
    figure = figure_of(visitor, "why", tmp_path)
    assert figure.png.name == "why-7-erased.png"
    assert figure.texts("title") == ["What made it a 7"]
    cells = figure.patches()
    assert len(cells) == 8 * 16  # the exact map and seven methods
    colours = ["rgb" if value == 0 else "#4aa3ff" if value < 0 else "#ff8c1a" for value in exact.tolist()]
    shown = [cell.get("fill") for cell in cells[:16]]
    assert all(expected in ("rgb", actual) for actual, expected in zip(shown, colours, strict=True))
    largest = exact.abs().max().item()
    strength = [float(cell.get("fill-opacity", 1)) for cell in cells[:16]]
    assert strength == pytest.approx((0.85 * exact.abs() / largest).tolist(), abs=1e-3)
    assert figure.signs() == ["strongest attention", "largest value"]
    [[label, low, middle, high]] = figure.scales()
    assert label.endswith("log-odds")
    assert (middle, float(high)) == ("0", pytest.approx(largest, rel=6e-3))
    assert low == high.replace("+", "−")
    for card in page.locator("#why .card").all():
        assert card.locator("h4").text_content() in figure.texts()
        assert card.locator(".score").text_content() in figure.texts()


def test_the_copied_data_are_the_values_and_scores_of_all_maps(visitor):
    open_why(visitor)
    table = table_of(visitor, "why")
    values = [float(row["value"]) for row in table if row["method"] == "shapley_exact"]
    assert values == pytest.approx(exact_of_sheet(visitor).tolist(), abs=1e-4)
    scores = {(row["method"], row["quantity"]): row["value"] for row in table if not row["patch"]}
    methods = visitor.page.locator("#why .card").evaluate_all("cards => cards.map((card) => card.dataset.card)")
    assert len(methods) == 7
    for method in methods:
        score = visitor.page.locator(f'#why [data-card="{method}"] .score').text_content().replace("−", "-")
        assert float(score.split()[1]) == pytest.approx(float(scores[method, "score"]), abs=0.0051)
        parts = [float(scores[method, part]) for part in ("deletion", "insertion")]
        assert sum(parts) / 2 == pytest.approx(float(scores[method, "score"]), abs=1e-9)
        assert len([row for row in table if row["method"] == method and row["patch"]]) == 16
