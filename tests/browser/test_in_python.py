"""In Python in Chromium: each view's program, with the drawing and the model of the page, copied and then run."""

import pytest
from playwright.sync_api import expect

from demo.in_python import snippet
from vit import ink

pytestmark = pytest.mark.browser

ONE = [[(140, 40 + 10 * step) for step in range(20)]]


def unfolded(visitor):
    visitor.page.locator("#in-python [data-mounted]").wait_for()
    part = visitor.page.locator("#in-python")
    if part.locator("details:not([open])").count():
        part.locator("summary").press("Enter")
    return part


def test_the_open_view_has_its_program(visitor):
    for title, view in (("Why", "why"), ("Train", "train")):
        visitor.open_tab(title, unfold=False)
        expect(unfolded(visitor).locator("pre")).to_have_text(snippet(view))


def test_the_copied_program_computes_what_the_page_shows(visitor):
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("Clear")
    visitor.draw(ONE)
    visitor.read_by("49 patches")
    part = unfolded(visitor)
    for words in ("#sheet=ink1-", 'vit.load("digits-7x7")'):
        expect(part.locator("pre")).to_contain_text(words)
    part.get_by_role("button", name="Copy the code").press("Enter")
    expect(part.get_by_role("status")).to_have_text("Code copied.")
    names = {}
    exec(visitor.page.evaluate("navigator.clipboard.readText()"), names)  # noqa: S102 (what the page just made)
    assert int(names["probs"].argmax()) == visitor.wait_for_reading() == 1
    drawn = ink.from_strokes(visitor.asked()["strokes"])
    assert abs(names["image"][0].numpy() - drawn).max() < 0.1


def test_a_picture_has_a_sentence_instead(visitor, tmp_path):
    from PIL import Image

    Image.fromarray(255 - ink.samples()[0][3].repeat(8, 0).repeat(8, 1)).save(tmp_path / "digit.png")
    visitor.open_tab("Layers", unfold=False)
    part = unfolded(visitor)
    expect(part.locator(".stands-in")).to_be_hidden()
    visitor.page.locator("#pad input[type=file]").set_input_files(tmp_path / "digit.png")
    expect(part.locator(".stands-in")).to_contain_text("Your drawing does not fit", timeout=30_000)
    expect(part.locator("pre")).to_contain_text("#sheet=example-7")
