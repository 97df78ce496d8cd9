"""Compare the tab Why in Chromium with the exact values."""

import json
import random
import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from demo.tabs.why.readings import PAIRS
from tests.browser.figure_file import figure_of, table_of
from tests.browser.test_attention import trace_of_sheet
from vit import checkpoint, explain
from vit.explain import amortised
from vit.explain.gradient import completeness_gap, integrated_gradients
from vit.explain.masking import MaskedModel
from vit.explain.shapley import estimate

pytestmark = pytest.mark.browser
PLACE = re.compile(r"row (\d), column (\d)")
MAP = '#why [data-map="exact"] rect[data-patch]'


def numbers(visitor) -> list[float]:
    """Return the exact values on the page, one for each patch."""
    labels = [cell.get_attribute("aria-label") or "" for cell in visitor.page.locator(MAP).all()]
    matches = [re.search(r"([+−][\d.]+) log-odds", label) for label in labels]
    assert all(matches), labels
    return [float(match[1].replace("−", "-")) for match in matches if match]


def open_why(visitor):
    visitor.open_tab("Why")
    wait_for_answer(visitor)


def wait_for_answer(visitor) -> None:
    expect(visitor.page.locator("#why .answer[aria-busy=false]")).to_be_attached(timeout=60_000)


def exact_of_sheet(visitor, target=None, mask_mode="erased"):
    image, trace = trace_of_sheet(visitor)
    target = int(trace.logits.argmax()) if target is None else target
    return explain.shapley(vit.load("digits-4x4"), torch.from_numpy(image)[None], target, mask_mode).flatten()


def assert_shown(visitor, expected) -> None:
    for shown, value in zip(numbers(visitor), expected.tolist(), strict=True):
        assert shown == pytest.approx(value, abs=0.051)


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


@pytest.mark.slow
@pytest.mark.skipif("digits-7x7" not in checkpoint.shipped(), reason="only one model ships")
def test_values_of_many_patches_are_called_estimated_and_have_errors(visitor, tmp_path):
    visitor.read_by("49 patches")
    open_why(visitor)
    image, _ = trace_of_sheet(visitor)
    masked = MaskedModel(vit.load("digits-7x7"), torch.from_numpy(image)[None], "erased")
    result, page = estimate(masked, 7, PAIRS), visitor.page
    expect(page.locator("#why .title")).to_have_text("What made it a 7 (estimated)")
    for at in (0, len(masked.maskable) // 2):
        page.locator(MAP).nth(int(masked.maskable[at])).hover()
        text = re.search(r"worth ([+−][\d.]+) ± ([\d.]+)", page.locator("#why .here").inner_text())
        assert text
        shown = [float(number.replace("−", "-")) for number in text.groups()]
        assert shown == pytest.approx([float(result.values[at]), float(result.error[at])], abs=0.011)
    expect(page.locator("#why .sum")).to_contain_text("± is the standard error")
    expect(page.locator("#why .unscored")).to_contain_text(f"these {len(masked.maskable)} patches is not known exactly")
    expect(page.locator("#why .scored")).to_be_hidden()
    figure = figure_of(visitor, "why", tmp_path, "digits-7x7")
    assert "7: estimated, erased" in figure.texts()
    assert ": exact, " not in figure.text()
    assert "is not known exactly" in figure.text()
    errors = [row for row in table_of(visitor, "why") if row["quantity"] == "standard_error"]
    shown = [float(errors[patch]["value"]) for patch in masked.maskable.tolist()]
    assert shown == pytest.approx(result.error.tolist(), abs=1e-5)


def test_values_of_one_pass_are_shown_until_the_estimate_is_there(visitor):
    """Only the first request for an estimate passes until the values of one pass have been read from the page."""
    page, asked, held, released = visitor.page, [], [], []
    visitor.read_by("49 patches")
    open_why(visitor)

    def hold_all_but_the_first(route):
        erased = '"erased"' in route.request.post_data
        if erased and asked and not released:
            return held.append(route)
        asked.extend([route] * erased)
        return route.continue_()

    page.route(re.compile("component_server"), hold_all_but_the_first)
    target = random.choice([0, 1, 2, 3, 4, 5, 6, 9])  # noqa: S311 (a repeated test needs another: estimates are stored)
    page.get_by_role("radio", name=f"Why {target}?").check()
    expect(page.locator("#why .title")).to_have_text(f"What supports a {target} (predicted)")
    expect(page.locator("#why .sum")).to_contain_text(
        re.compile(r"Predicted in one pass, in \d+(\.\d)? ms: typically off by 0\.\d\d log-odds")
    )
    expect(page.locator("#why .answer")).to_have_attribute("aria-busy", "true")
    image, _ = trace_of_sheet(visitor)
    model, path = vit.load("digits-7x7"), amortised.shipped("digits-7x7", "erased")
    assert path
    values = amortised.predict(amortised.load(path, model), model, torch.from_numpy(image)[None, None])
    assert numbers(visitor) == pytest.approx(values[0, :, target].tolist(), abs=0.011)
    released.append(True)
    for route in held:
        route.continue_()
    wait_for_answer(visitor)
    expect(page.locator("#why .title")).to_have_text(f"What supports a {target} (estimated)")
    expect(page.locator("#why .sum")).to_contain_text("± is the standard error")


def test_the_page_shows_that_it_calculates_and_the_progress(visitor):
    """The answer is delayed, as with many patches on a slow machine; then an error answer follows."""
    page, waiting = visitor.page, []
    visitor.read_by("49 patches")
    page.route(
        re.compile("component_server"),
        lambda route: waiting.append(route) if '"erased"' in route.request.post_data else route.continue_(),
    )

    def next_request():
        for _ in range(100):
            if waiting:
                return waiting.pop(0)
            page.wait_for_timeout(50)
        raise AssertionError("no request")

    visitor.open_tab("Why")
    expect(page.locator("#why .summary")).to_contain_text("Calculating what each of the 49 patches is worth")
    next_request().fulfill(json={"done": 300, "of": 1200})
    expect(page.locator("#why .progress .share")).to_have_text("300 of 1,200")
    while page.locator("#why .answer[aria-busy=true]").count():
        next_request().continue_()
        page.wait_for_timeout(1000)
    expect(page.locator("#why .progress")).to_be_hidden()
    expect(page.locator("#why .summary")).to_contain_text("Attention is strongest")
    page.get_by_role("radio", name="Why 9?").check()
    expect(page.locator("#why .summary")).to_contain_text("Calculating")
    next_request().fulfill(json={"error": "No answer."})
    expect(page.locator("#why .message")).to_have_text("No answer.")
    expect(page.locator("#why .summary")).to_be_empty()
    page.unroute_all(behavior="wait")


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


@pytest.mark.slow
def test_the_table_of_all_subsets_is_read_only_for_this_drawing_and_while_visible(visitor):
    def arguments() -> int:
        return sum(json.loads(request.post_data or "{}").get("fn_name") == "unseen" for request in visitor.readings)

    open_why(visitor)
    unseen, erased = (visitor.page.get_by_role("radio", name=name) for name in ("patch unseen", "ink erased"))
    unseen.check(force=True)
    expect(visitor.page.locator("#why .progress .share")).to_contain_text("of 65,536", timeout=30_000)
    visitor.open_tab("Patches")
    visitor.page.wait_for_timeout(500)
    before = arguments()
    visitor.page.wait_for_timeout(1000)
    assert arguments() == before
    visitor.open_tab("Why")
    expect(visitor.page.locator("#why .progress")).to_be_visible(timeout=30_000)
    assert arguments() > before
    visitor.press("Example: a 4")
    expect(erased).to_be_checked()
    expect(visitor.page.locator("#why .title")).to_have_text("What made it a 4")
    wait_for_answer(visitor)
    assert_shown(visitor, exact_of_sheet(visitor))
    before = arguments()
    visitor.page.wait_for_timeout(500)
    assert arguments() == before


@pytest.mark.slow
def test_unseen_is_read_on_a_click_and_shows_its_progress(visitor):
    """No other test asks for the table of this drawing."""
    visitor.press("Example: a 0")
    visitor.wait_for_reading()
    open_why(visitor)
    visitor.page.get_by_text("patch unseen").click()
    expect(visitor.page.locator("#why .progress .share")).to_contain_text("of 65,536", timeout=30_000)
    wait_for_answer(visitor)
    expect(visitor.page.locator("#why .progress")).to_be_hidden()
    assert_shown(visitor, exact_of_sheet(visitor, mask_mode="unseen"))
    expect(visitor.page.locator("#why .claim")).to_have_text("This much of the answer is due to seeing this patch.")


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
