"""Test the short account in tab Why: its sentences have the model's numbers, and each marks its patches."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.figure_file import table_of
from tests.browser.test_attention import trace_of_sheet
from tests.browser.why import open_why, wait_for_answer
from vit import checkpoint
from vit.explain.coalitions import log_odds_table
from vit.explain.interactions import choose_sets, fit_account
from vit.explain.masking import MaskedModel

pytestmark = pytest.mark.browser
MARKED = '#why [data-map="account"] rect[data-patch][stroke="#fff"]'


def numbers(text: str) -> list[float]:
    """Return the log-odds in a sentence: the numbers with a sign."""
    return [float(number) for number in re.findall(r"[+-]\d+\.\d", text.replace("−", "-"))]


def test_five_sentences_have_the_numbers_of_the_account(visitor):
    open_why(visitor)
    image, trace = trace_of_sheet(visitor)
    masked = MaskedModel(vit.load("digits-4x4"), torch.from_numpy(image)[None], "erased")
    values = log_odds_table(masked, int(trace.logits.argmax()))
    selection, why = choose_sets(values, 20), visitor.page.locator("#why")
    account = fit_account(values, selection.sets[:5])
    lines = [text for line in why.locator(".terms button").all_inner_texts() for text in numbers(line)]
    assert lines == pytest.approx(account.values.tolist(), abs=0.051)
    [start] = numbers(why.locator(".start").inner_text())
    assert start == pytest.approx(account.start, abs=0.051)
    total, model = numbers(why.locator(".end").inner_text())
    assert total == pytest.approx(start + sum(lines), abs=1e-6)  # the numbers on the page add up
    assert total == pytest.approx(float(account.table(len(masked.maskable))[-1]), abs=0.31)
    assert model == pytest.approx(float(values[-1]), abs=0.051)
    explained = [float(selection.r_squared[terms - 1]) for terms in (1, 3, 5, 10, 20)]
    assert f"{100 * explained[2]:.0f} % " in why.locator(".start").inner_text()
    curve = why.locator(".curve svg").get_attribute("aria-label") or ""
    assert [float(share) for share in re.findall(r"R² ([\d.]+)", curve)] == pytest.approx(explained, abs=0.0051)
    rows = [row for row in table_of(visitor, "why") if row["method"] == "short_account"]
    assert [float(row["value"]) for row in rows] == pytest.approx(
        [account.start, *account.values.tolist(), *explained], abs=1e-3
    )


def test_each_sentence_marks_its_patches(visitor):
    open_why(visitor)
    page = visitor.page
    for point in ("hover", "focus", "click"):
        for button in page.locator("#why .terms button").all():
            getattr(button, point)()
            places = (button.get_attribute("title") or "").split("; ")
            marked = [int(cell.get_attribute("data-patch") or -1) for cell in page.locator(MARKED).all()]
            assert [f"row {patch // 4 + 1}, column {patch % 4 + 1}" for patch in marked] == places
            if len(places) == 1:
                assert places[0] in button.inner_text()
    page.locator("#why h2").hover()
    page.locator("#why .terms button").last.blur()
    expect(page.locator(MARKED)).to_have_count(0)


def test_a_tap_marks_the_patches_until_the_next_one(visit):
    visitor = visit(has_touch=True, viewport={"width": 390, "height": 844})
    open_why(visitor)
    for button in visitor.page.locator("#why .terms button").all():
        button.tap()
        expect(visitor.page.locator(MARKED)).to_have_count(len((button.get_attribute("title") or "").split("; ")))


def test_another_digit_has_its_own_account(visitor):
    open_why(visitor)
    image, _ = trace_of_sheet(visitor)
    visitor.page.get_by_role("radio", name="Why 9?").check()
    wait_for_answer(visitor)
    start = visitor.page.locator("#why .start")
    expect(start).to_contain_text("account of 9 starts")
    values = log_odds_table(MaskedModel(vit.load("digits-4x4"), torch.from_numpy(image)[None], "erased"), 9)
    expected = fit_account(values, choose_sets(values, 5).sets).start
    assert numbers(start.inner_text()) == pytest.approx([expected], abs=0.051)


@pytest.mark.skipif("digits-7x7" not in checkpoint.shipped(), reason="only one model ships")
def test_too_many_patches_get_one_sentence_instead_of_an_account(visitor):
    visitor.read_by("49 patches")
    open_why(visitor)
    wait_for_answer(visitor)
    expect(visitor.page.locator("#why .account")).to_be_hidden()
    expect(visitor.page.locator("#why .no-account")).to_contain_text(re.compile(r"here \d\d can be missing\.$"))
