"""Test what changes a drawing on the pad: undo, the eraser, Clear, examples and the first stroke over one."""

import pytest
from playwright.sync_api import expect

from tests.browser.pen import ACROSS, LINE, clear

pytestmark = pytest.mark.browser


def test_undo_redo_and_clear(visitor):
    clear(visitor)
    visitor.draw(LINE)
    one = visitor.ink()
    visitor.draw(ACROSS)
    both = visitor.ink()
    assert both > one > 0
    visitor.press("Undo")
    assert visitor.ink() == one
    visitor.press("Redo")
    assert visitor.ink() == both
    clear(visitor)
    assert visitor.ink() == 0
    visitor.press("Undo")
    assert visitor.ink() == both
    visitor.wait_for_reading()
    visitor.sheet.focus()
    visitor.page.keyboard.press("Control+z")
    assert visitor.ink() == one
    visitor.page.keyboard.press("Control+y")
    assert visitor.ink() == both
    visitor.page.keyboard.press("Delete")
    assert visitor.ink() == 0


def test_the_eraser_cuts_a_stroke_in_two(visitor):
    clear(visitor)
    visitor.draw(LINE)
    visitor.wait_for_reading()
    whole = visitor.ink()
    visitor.press("Erase")
    before = len(visitor.readings)
    visitor.draw([[[60, 140], [100, 140], [140, 140], [220, 140]]])
    visitor.page.wait_for_timeout(500)
    assert len(visitor.readings) > before
    upper, lower = visitor.asked()["strokes"]
    assert max(point[1] for point in upper) < 140 < min(point[1] for point in lower)
    assert 0 < visitor.ink() != whole
    assert not visitor.inked([140, 140])
    assert visitor.inked([140, 100])
    visitor.press("Undo")
    assert visitor.ink() == whole
    visitor.press("Pen")
    visitor.draw(ACROSS)
    assert visitor.ink() > whole


def test_a_fast_eraser_cuts_between_its_points(visitor):
    clear(visitor)
    visitor.draw(LINE)
    visitor.press("Erase")
    visitor.draw([[[100, 140], [180, 140]]])
    visitor.wait_for_reading()
    strokes = visitor.asked()["strokes"]
    assert len(strokes) == 2


def test_an_eraser_that_touches_nothing_keeps_the_reading(visitor):
    visitor.press("Erase")
    visitor.draw([[[5, 270], [15, 270]]])
    visitor.wait_for_reading()
    assert visitor.asked()["whole"]


def test_the_eraser_says_that_an_mnist_digit_has_no_strokes(visitor):
    visitor.press("Random MNIST digit")
    expect(visitor.page.locator("#pad .message")).to_contain_text("meant")
    ink = visitor.ink()
    visitor.press("Erase")
    visitor.draw([[[60, 140], [220, 140]]])
    expect(visitor.page.locator("#pad .message")).to_contain_text("a picture without strokes")
    assert visitor.ink() == ink
    visitor.press("Example: a 3")
    expect(visitor.page.locator("#pad .message")).to_be_empty()


def is_grey(visitor, view: str) -> bool:
    """Return whether a view is marked as showing the last drawing."""
    return "grayscale" in visitor.page.locator(f"#{view}").evaluate("view => getComputedStyle(view).filter")


def test_after_clear_no_view_is_blank_and_a_reload_shows_an_example(visitor):
    visitor.open_tab("Attention")
    shown = visitor.page.locator("#attention .title").inner_text()
    fills = [cell.get_attribute("fill") for cell in visitor.page.locator("#attention rect").all()]
    clear(visitor)
    assert set(visitor.probabilities()) == {"–"}
    expect(visitor.page.locator("#attention .title")).to_have_text(shown)
    assert [cell.get_attribute("fill") for cell in visitor.page.locator("#attention rect").all()] == fills
    assert is_grey(visitor, "attention")
    visitor.open_tab("Patches")
    expect(visitor.page.locator("#patches .pixels")).to_be_visible()
    visitor.draw(LINE)
    visitor.wait_for_reading()
    assert not is_grey(visitor, "patches")
    clear(visitor)
    visitor.reload()
    assert visitor.wait_for_reading() == 7


def test_after_a_drawing_that_cannot_be_read_clear_shows_the_drawing_before(visitor):
    visitor.open_tab("Patches")
    clear(visitor)
    visitor.draw([[[140, 140]]])
    expect(visitor.page.locator("#patches .title")).to_have_text("Draw a digit first")
    assert not is_grey(visitor, "patches")
    clear(visitor)
    expect(visitor.page.locator("#patches .pixels")).to_be_visible()
    assert is_grey(visitor, "patches")


def test_the_last_drawing_stays_pale_and_is_no_ink(visitor):
    pale = """canvas => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] > 200 && pixels[at] > 40) count++;
        return count;
    }"""
    visitor.draw(LINE)
    visitor.wait_for_reading()
    drawn = visitor.ink()
    clear(visitor)
    expect(visitor.page.locator("#pad .hint")).to_have_text("Draw, or take an example")
    assert visitor.ink() == 0
    assert drawn <= visitor.sheet.evaluate(pale) < 1.2 * drawn + 400
    visitor.page.mouse.move(*visitor.spot([40, 140]))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.spot([80, 140]), steps=4)
    expect(visitor.page.locator("#pad .hint")).to_be_hidden()
    assert visitor.sheet.evaluate(pale) < drawn
    visitor.page.mouse.up()
    visitor.wait_for_reading()
    assert [point[1] for point in visitor.asked()["strokes"][0]] == pytest.approx([140] * 5, abs=1)


def test_examples_and_random_digits(visitor):
    for digit in range(10):
        visitor.press(f"Example: a {digit}")
        expect(visitor.spoken).to_contain_text(f"Read as {digit}")
    right = 0
    for _ in range(6):
        clear(visitor)
        visitor.press("Random MNIST digit")
        said = visitor.page.locator("#pad .message")
        digit = visitor.wait_for_reading()
        expect(said).to_contain_text("meant")
        right += said.inner_text().endswith(f"a {digit}.")
    assert right >= 5
    visitor.draw(LINE)
    expect(visitor.spoken).to_contain_text("Read as 1")


def test_the_first_stroke_replaces_an_unchanged_example_and_undo_restores_it(visitor):
    def replaced(digit: int) -> None:
        whole = visitor.ink()
        visitor.draw(LINE)
        assert visitor.wait_for_reading() == 1
        assert len(visitor.asked()["strokes"]) == 1
        alone = visitor.ink()
        visitor.press("Undo")
        assert visitor.wait_for_reading() == digit
        assert visitor.ink() == whole
        visitor.press("Redo")
        assert visitor.wait_for_reading() == 1
        assert visitor.ink() == alone

    replaced(7)  # the example that the page opens with
    visitor.press("Example: a 3")
    visitor.wait_for_reading()
    replaced(3)
    visitor.draw(ACROSS)  # a second own stroke is added
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == 2
    visitor.press("Example: a 0")
    visitor.wait_for_reading()
    visitor.reload()
    visitor.draw(LINE)  # after a reload an example still counts as unchanged
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == 1


def test_the_first_stroke_hides_the_example_while_the_pen_is_down(visitor):
    """The sheet shows only the stroke, and only the stroke is read."""
    visitor.page.mouse.move(*visitor.spot([20, 260]))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.spot([60, 260]), steps=4)
    assert visitor.inked([40, 260])
    assert not visitor.inked([120, 63])  # where the bar of the 7 was
    visitor.page.mouse.up()


def test_a_partly_erased_example_is_not_replaced(visitor):
    visitor.press("Erase")
    visitor.draw([[[60, 66], [100, 66]]])
    visitor.wait_for_reading()
    left = len(visitor.asked()["strokes"])
    assert left >= 1
    visitor.press("Pen")
    visitor.draw([[[100, 150], [200, 150]]])
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == left + 1
