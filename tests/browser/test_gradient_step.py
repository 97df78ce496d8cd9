"""Test Gradient step in Chromium: the chosen step is taken, and the slider sends no request."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.test_attention import share, trace_of_sheet
from train.gradient_step import LossGradient, take_step

pytestmark = pytest.mark.browser


def settled(visitor) -> None:
    visitor.page.wait_for_timeout(100)
    expect(visitor.page.locator("#gradient-step .columns[aria-busy=false]")).to_be_attached(timeout=30_000)


def shown(visitor) -> list[float]:
    texts = visitor.page.locator("#gradient-step .bars .share").all_inner_texts()
    return [{"0 %": 0.0, ">99.9 %": 1.0}.get(text) or share(text) for text in texts]


def rate(visitor) -> float:
    chosen = visitor.page.locator("#gradient-step .chosen").text_content()
    assert chosen is not None
    return float(chosen.rpartition(" ")[2])


def test_a_step_is_taken_and_undone_with_the_models_numbers(visitor, tmp_path):
    visitor.open_tab("Train")
    view = visitor.page.locator("#gradient-step")
    view.scroll_into_view_if_needed()
    settled(visitor)
    expect(view.locator(".summary")).to_contain_text("sure of 7 already")
    view.locator(".digits label").nth(1).click()
    settled(visitor)

    image = torch.from_numpy(trace_of_sheet(visitor)[0])[None]
    asked = len(visitor.readings)
    shown_by_rate = {}
    for _ in range(4):
        view.locator(".rate").press("ArrowLeft")
        visitor.page.wait_for_timeout(150)  # it is drawn in the next frame
        shown_by_rate[rate(visitor)] = shown(visitor)
    view.locator('[data-block="1"]').click()
    expect(view.locator(".part .name").filter(has_text="Queries").nth(1)).to_be_visible()
    assert len(visitor.readings) == asked
    result = LossGradient(vit.load("digits-4x4"), image, 1).take(list(shown_by_rate))
    for at, probs in enumerate(shown_by_rate.values()):
        assert probs == pytest.approx(result.after[at].softmax(-1).tolist(), abs=6e-4)
    head = view.locator(".part").filter(has_text="Head").get_attribute("title")
    alone = float(re.findall(r"loss by (\S+);", head or "")[0])
    assert alone == pytest.approx(result.parts[-1].alone[-1].item(), rel=0.06)

    lr, before = rate(visitor), shown(visitor)
    view.get_by_role("button", name="Take this step").click()
    settled(visitor)
    expect(view.locator(".taken")).to_contain_text("1 of at most 20")
    again = LossGradient(take_step(vit.load("digits-4x4"), image, 1, lr), image, 1).take([lr])
    assert shown(visitor) == pytest.approx(again.after[0].softmax(-1).tolist(), abs=6e-4)
    asked = len(visitor.readings)
    view.get_by_role("button", name="Undo").click()
    settled(visitor)
    assert shown(visitor) == before
    assert len(visitor.readings) == asked

    _, drawn = visitor.save_both("gradient-step", tmp_path, least=20)
    assert "Queries" in drawn
    assert_colours_are_those_of_the_tab_inside(visitor, drawn)


def assert_colours_are_those_of_the_tab_inside(visitor, drawn: str) -> None:
    """Check the colours of queries, keys and values under their names and in the file."""
    colour = "mark => getComputedStyle(mark).borderBottomColor"
    marks = visitor.page.locator("#gradient-step .part .name b").locator("visible=true")
    found = {mark.inner_text(): mark.evaluate(colour) for mark in marks.all()}
    visitor.open_tab("Inside")
    for name, sign in (("Queries", "q"), ("Keys", "k"), ("Values", "v")):
        assert found[name] == visitor.page.locator(f"#inside b.{sign}").first.evaluate(colour)
        red, green, blue = re.findall(r"\d+", found[name])
        assert re.search(rf"rgb\({red},? {green},? {blue}\)", drawn)
    assert len({*found.values()}) == 3
