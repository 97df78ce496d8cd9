"""Test drawing by keyboard alone: the drawing is read, and a screen reader gets the right texts."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# A capital letter is a large step (Shift and an arrow key), a small letter a small one; "." lowers or lifts the pen.
ARROWS = {"l": "ArrowLeft", "r": "ArrowRight", "u": "ArrowUp", "d": "ArrowDown"}
HOME = "L" * 10 + "U" * 10  # the top left corner
ONE = HOME + "RRRRRD" + "." + "DDDDDDDD" + "."
SEVEN = HOME + "RRD" + "." + "RRRRRR" + "dddl" * 9 + "."
FOUR = HOME + "RRRRDD" + "." + "dddl" * 5 + "RRRRRR" + "." + HOME + "RRRRRRD" + "." + "DDDDDDDD" + "."


def start(visitor):
    """Clear the sheet and focus it by keyboard."""
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    visitor.page.evaluate("document.activeElement.blur()")
    visitor.sheet.focus()


def press(visitor, keys):
    for key in keys:
        name = "Space" if key == "." else ARROWS[key.lower()]
        visitor.page.keyboard.press(f"Shift+{name}" if key.isupper() else name)


def announced(visitor):
    return visitor.page.locator("#pad .where").inner_text()


@pytest.mark.parametrize(("digit", "keys"), [(1, ONE), (7, SEVEN), (4, FOUR)])
def test_a_digit_drawn_by_keyboard_is_read(visitor, digit, keys):
    start(visitor)
    press(visitor, keys)
    assert visitor.wait_for_reading() == digit
    assert visitor.asked()["whole"]
    assert len(visitor.asked()["strokes"]) == keys.count(".") // 2
    times = [point[2] for stroke in visitor.asked()["strokes"] for point in stroke]
    assert times == sorted(times)


def test_each_position_is_announced_and_shown(visitor):
    start(visitor)
    press(visitor, HOME + "RRDDDD")
    assert announced(visitor) == "Pen up, column 3 of 10, row 5 of 10"
    press(visitor, ".")
    assert announced(visitor) == "Pen down, column 3 of 10, row 5 of 10"
    press(visitor, "rrrr")
    assert announced(visitor) == "Pen down, column 4 of 10, row 5 of 10"
    expect(visitor.page.locator("#pad .where")).to_have_attribute("aria-live", "polite")
    box = visitor.page.locator("#pad .cursor").bounding_box()
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx(
        visitor.spot([84, 112]), abs=1.5
    )
    assert re.search("arrow keys.*Space.*Escape", visitor.sheet.get_attribute("aria-label"))


def test_escape_lifts_the_pen_and_leaves(visitor):
    start(visitor)
    press(visitor, ".DDDDD")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#pad .cursor")).to_be_hidden()
    visitor.wait_for_reading()
    strokes = visitor.asked()["strokes"]
    press(visitor, "RRRUUU")
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator("#pad .cursor")).to_be_hidden()
    visitor.page.wait_for_timeout(200)
    assert visitor.asked()["strokes"] == strokes
    assert visitor.page.evaluate("document.activeElement.dataset.tool") == "pen"


def test_undo_and_the_eraser_work_by_keyboard(visitor):
    start(visitor)
    press(visitor, ONE)
    visitor.wait_for_reading()
    drawn = visitor.ink()
    press(visitor, "UUUURRR.LLLLLL")
    visitor.page.keyboard.press("Control+z")  # undoes the unfinished stroke
    assert visitor.ink() == drawn
    visitor.page.keyboard.press("e")
    press(visitor, ".RRRRRR.")
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == 2
    visitor.page.keyboard.press("Delete")
    assert visitor.ink() == 0


def test_drawing_with_the_mouse_ends_the_keyboard_pen(visitor):
    start(visitor)
    press(visitor, ".DDD")
    visitor.draw([[[60, 60], [60, 120], [60, 200]]])
    expect(visitor.page.locator("#pad .cursor")).to_be_hidden()
    visitor.wait_for_reading()
    assert len(visitor.asked()["strokes"]) == 2


def test_a_screen_reader_gets_the_patch_with_most_attention(visitor):
    """The place is the patch with the largest mean attention of cls in the last layer."""
    expect(visitor.spoken).to_have_text(
        re.compile(
            r"^Read as 7\s*>?\d+\.\d % sure\s*In the last layer, cls looks most at the patch in row \d, column \d\.$"
        )
    )
    box = visitor.page.locator("#bars .looks").bounding_box()
    assert box["width"] <= 1 and box["height"] <= 1
    [(row, column)] = re.findall(r"row (\d), column (\d)", visitor.spoken.inner_text())
    strongest = visitor.page.evaluate(
        """bus => import(bus).then(({ on }) => {
            let reading = null;
            on("reading", (message) => { reading = message; });
            const { attention, model } = reading, [depth, heads, count] = attention.shape;
            const values = new Uint16Array(Uint8Array.from(atob(attention.data), (c) => c.charCodeAt(0)).buffer);
            const mean = (token) => Array.from({ length: heads }, (_, head) =>
                values[((depth - 1) * heads + head) * count * count + token]).reduce((a, b) => a + b);
            const order = Array.from({ length: count - 1 }, (_, at) => at + 1).sort((a, b) => mean(b) - mean(a));
            return [order[0], model.grid_size];
        })""",
        visitor.bus,
    )
    assert strongest == [4 * (int(row) - 1) + int(column), 4]
