"""What is no digit is not read with calibration: the page says so, and says it when the pen lifts."""

import json
import math
import re
from itertools import cycle

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.strokes import mnist, vectorize
from vit import checkpoint, ink

pytestmark = pytest.mark.browser
KNOWING = [name for name in checkpoint.shipped() if checkpoint.read_calibration(name)]

LINE = [[[140, 40 + 10 * step] for step in range(21)]]
ACROSS = [[[40 + 10 * step, 140] for step in range(21)]]


def scribble(seed):
    """A hand that goes round and about without lifting."""
    turns = [0.4 * step + seed for step in range(60)]
    return [[[140 + 95 * math.sin(at) * math.cos(0.37 * at), 140 + 95 * math.sin(1.31 * at)] for at in turns]]


def told(visitor, whole, glances):
    """Let the server's answers say `sure` as given, for whole readings and for glances in turn, whatever is drawn."""
    turns = cycle(glances)

    def say(route):
        answer = route.fetch()
        said = answer.json()
        if "in_distribution" in said:
            said["in_distribution"] = whole if said["whole"] else next(turns)
        route.fulfill(response=answer, body=json.dumps(said))

    visitor.page.unroute_all(behavior="wait")
    visitor.page.route(re.compile("component_server"), say)


def hatched(visitor):
    """Whether the bars are striped, of which the page draws no other."""
    fills = visitor.page.locator("#bars .fill").evaluate_all(
        "bars => bars.map((bar) => getComputedStyle(bar).backgroundImage)"
    )
    assert len(set(fills)) == 1
    return "repeating-linear-gradient" in fills[0]


def best(visitor):
    return visitor.page.locator("#bars li.best").count()


def test_a_doubted_drawing_is_said_to_be_none_and_no_digit_stands_out(visitor):
    told(visitor, whole=False, glances=[False])
    visitor.press("Example: a 8")
    expect(visitor.spoken).to_have_attribute("role", "status")
    expect(visitor.spoken.locator(".summary")).to_have_text("Probably not a digit; closest: 8")
    expect(visitor.spoken.locator("small")).to_have_text(re.compile(r"^>?\d+\.\d % if it is a digit$"))
    expect(visitor.page.locator("#bars ol")).to_have_attribute(
        "aria-label", "Probability of each class, if it is a digit"
    )
    assert hatched(visitor)
    assert best(visitor) == 0
    assert (
        visitor.page.locator("#sight canvas").get_attribute("aria-label").endswith("Probably not a digit; closest: 8")
    )
    doubted = visitor.probabilities()
    assert "–" not in doubted
    told(visitor, whole=True, glances=[True])
    visitor.press("Example: a 3")
    expect(visitor.spoken.locator(".summary")).to_have_text("Read as 3")
    expect(visitor.spoken.locator("small")).to_have_text(re.compile(r"^>?\d+\.\d % sure$"))
    assert best(visitor) == 1
    assert not hatched(visitor)
    visitor.press("Undo")
    expect(visitor.spoken).to_contain_text("Read as 8")
    assert visitor.probabilities() == doubted, "the probabilities are those of the drawing, in doubt or not"


WATCH = """async () => {
    const { on } = await import("BUS");
    window.lit = [];
    const best = () => document.querySelectorAll("#bars li.best").length;
    on("reading", ({ whole }) => window.lit.push([best(), whole]));
}"""


def while_drawing(visitor, strokes):
    """Draw with the pen; return for each glance whether a digit stood out, and what the words were before it lifted."""
    visitor.page.evaluate("window.lit.length = 0")
    visitor.page.mouse.move(*visitor.spot(strokes[0][0]))
    visitor.page.mouse.down()
    for point in strokes[0][1:]:
        visitor.page.mouse.move(*visitor.spot(point))
        visitor.page.wait_for_timeout(40)
    visitor.page.wait_for_function("window.lit.length >= 6")
    said = visitor.spoken.inner_text()
    lit = [best for best, whole in visitor.page.evaluate("window.lit") if not whole]
    visitor.page.mouse.up()
    visitor.wait_for_reading()
    return lit, said


def test_the_words_wait_for_the_pen_to_lift_and_the_colour_for_two_glances_that_agree(visitor):
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    visitor.page.evaluate(WATCH.replace("BUS", visitor.bus))
    told(visitor, whole=False, glances=[True])
    lit, said = while_drawing(visitor, LINE)
    assert lit[0] == 0 and set(lit[1:]) == {1} and said == ""
    assert (best(visitor), visitor.wait_for_reading()) == (0, None)
    told(visitor, whole=True, glances=[True, False])
    lit, said = while_drawing(visitor, ACROSS)
    assert set(lit) == {0} and said.startswith("Probably not a digit"), "it flickers"
    assert best(visitor) == 1 and visitor.wait_for_reading() is not None
    told(visitor, whole=True, glances=[False])
    lit, said = while_drawing(visitor, LINE)
    assert lit[0] == 1 and set(lit[1:]) == {0} and said.startswith("Read as")
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    assert best(visitor) == 0


def test_a_cleared_sheet_is_no_longer_in_doubt(visitor):
    told(visitor, whole=False, glances=[False])
    visitor.press("Example: a 3")
    expect(visitor.spoken).to_contain_text("Probably not")
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    assert set(visitor.probabilities()) == {"–"}


@pytest.mark.parametrize("name", KNOWING)
def test_scribbles_are_doubted_and_drawn_digits_are_not(visitor, name):
    """And for each drawing the page says what the checkpoint's own calibration says of it, asked here."""
    choice = visitor.page.locator(f"#pad .models input[value='{name}']")
    if choice.count():
        choice.check()
    images, labels = mnist("test")
    digits = [visitor_says(visitor, vectorize(images[labels == digit][3]), name) for digit in range(10)]
    scribbles = [visitor_says(visitor, scribble(seed), name) for seed in range(5)]
    assert sum(digits) >= 9
    assert sum(scribbles) <= 2  # one in six or so looks like a digit to it


def visitor_says(visitor, strokes, name):
    """Draw, and return whether the page took it for a digit."""
    visitor.press("Clear")
    visitor.draw(strokes)
    sure = visitor.wait_for_reading() is not None
    calibration = checkpoint.read_calibration(name)
    image = torch.from_numpy(ink.from_strokes(visitor.asked()["strokes"]))[None, None]
    with torch.inference_mode():
        assert calibration is not None
        assert bool(calibration.in_distribution(vit.load(name).trace(image), image)) is sure
    return sure
