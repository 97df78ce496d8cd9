"""Test Two drawings in Chromium: the first example, a stored drawing, the numbers, and a choice for all views."""

import json
import re

import pytest
from playwright.sync_api import expect

from vit import checkpoint

pytestmark = pytest.mark.browser

EXAMPLES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}


def opened(visitor):
    visitor.open_tab("Two drawings")
    view = visitor.page.locator("#two-drawings")
    expect(view.locator(".content")).to_be_visible(timeout=60_000)
    return view


def test_a_stored_drawing_is_compared_with_the_next_one(visitor, tmp_path):
    view = opened(visitor)
    expect(visitor.page.locator("#navigation .task")).to_contain_text("Keep this drawing, then draw another")
    expect(view.locator("details .saves")).to_have_count(0)  # they are seen without a click
    _, figure = visitor.save_both("two-drawings", tmp_path, 20)
    assert "in one patch alone" in figure
    expect(view.locator(".source")).to_have_text("Example: 4")
    expect(view.locator(".receiver")).to_have_text("New: 7")
    view.get_by_role("button", name="Keep this drawing").click()
    expect(view.locator(".message")).to_have_text("Both drawings are read as the same class.", timeout=60_000)
    expect(view.locator(".summary")).to_contain_text("Kept. Now change the drawing")  # what to do next stays
    visitor.page.get_by_role("button", name="Example: a 3").click()
    expect(view.locator(".source")).to_have_text("Kept: 7", timeout=60_000)
    expect(view.locator(".receiver")).to_have_text("New: 3")
    expect(view.locator(".summary")).to_contain_text("of the way from 3 to 7")
    expect(view.locator("[data-state]").last.locator(".cls")).to_have_text("cls 100 %")
    view.get_by_role("button", name="Compare with the example").click()
    expect(view.locator(".source")).to_have_text("Example: 4", timeout=60_000)


def test_the_summary_names_the_largest_numbers_of_the_table(visitor):
    view = opened(visitor)
    rows = [row.locator("td").all_inner_texts()[:-1] for row in view.locator(".parts tbody tr").all()]
    numbers = [[int(text.replace("−", "-")) for text in row] for row in rows]
    head, mlp = max(max(row[:-1]) for row in numbers), max(row[-1] for row in numbers)
    summary = view.locator(".summary").inner_text()
    assert re.findall(r", (\d+) %\.", summary) == [str(head), str(mlp)]
    place, share = re.findall(r"\((.*)\), the answer moves (.*) of the way", summary)[0]
    first = view.locator(".strongest li").first
    expect(first).to_have_text(f"Before layer 1, patch {place}: {share} of the way")


def test_the_strongest_head_is_switched_off_in_what_if(visitor):
    view = opened(visitor)
    button = view.get_by_role("button", name=re.compile(r"What if head \d of layer \d were off\?"))
    head, layer = re.findall(r"\d", button.inner_text())
    button.click()
    expect(visitor.open_view).to_have_text("What if")
    off = visitor.page.locator("#whatif .parts [aria-pressed=true]")
    expect(off).to_have_count(1)
    expect(off).to_have_attribute("data-layer", str(int(layer) - 1))
    expect(off).to_have_attribute("data-head", str(int(head) - 1))
    outcome = visitor.page.locator("#whatif .outcome")
    expect(outcome).to_contain_text(re.compile("^(Now|Still) read as"), timeout=60_000)
    assert outcome.inner_text() == visitor.page.locator("#whatif .summary").inner_text()
    visitor.press("Example: a 3")  # another drawing: all is on again
    expect(off).to_have_count(0, timeout=60_000)
    expect(outcome).to_be_hidden(timeout=60_000)


def test_a_head_is_chosen_for_all_views_by_keyboard(visitor):
    view = opened(visitor)
    head = view.get_by_role("button", name=re.compile("^Layer 2, head 3:"))
    head.focus()
    visitor.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-pressed", "true")
    visitor.page.wait_for_function("location.hash.includes('layer=2') && location.hash.includes('head=3')")


def test_pointing_at_a_patch_shows_its_share(visitor):
    view = opened(visitor)
    view.locator('[data-state="1"] rect[data-patch="5"]').hover()
    expect(view.locator(".pointed")).to_have_text(
        re.compile(r"^After layer 1, patch row 2, column 2: −?\d+ % of the way\.$")
    )
    view.locator('[data-state="3"] .cls').hover()
    expect(view.locator(".pointed")).to_have_text("After layer 3, cls: 100 % of the way.")
