"""Test the tab Why while it calculates: estimates of many patches, values of one pass, the table of all subsets."""

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
from tests.browser.why import MAP, assert_shown, exact_of_sheet, numbers, open_why, wait_for_answer
from vit import checkpoint
from vit.explain import amortised
from vit.explain.masking import MaskedModel
from vit.explain.shapley import estimate

pytestmark = pytest.mark.browser


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
