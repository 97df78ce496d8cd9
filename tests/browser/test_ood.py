"""Test that the page reports an out-of-distribution drawing when the pen lifts."""

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
CALIBRATED = [name for name in checkpoint.shipped() if checkpoint.read_calibration(name)]

LINE = [[[140, 40 + 10 * step] for step in range(21)]]
ACROSS = [[[40 + 10 * step, 140] for step in range(21)]]


def scribble(seed):
    """Return a long line with many turns."""
    turns = [0.4 * step + seed for step in range(60)]
    return [[[140 + 95 * math.sin(at) * math.cos(0.37 * at), 140 + 95 * math.sin(1.31 * at)] for at in turns]]


def answer_with(visitor, whole, glances):
    """Replace `in_distribution` in the server's answers, for whole readings and in turn for the others."""
    turns = cycle(glances)

    def change(route):
        answer = route.fetch()
        reading = answer.json()
        if "in_distribution" in reading:
            reading["in_distribution"] = whole if reading["whole"] else next(turns)
        route.fulfill(response=answer, body=json.dumps(reading))

    visitor.page.unroute_all(behavior="wait")
    visitor.page.route(re.compile("component_server"), change)


def hatched(visitor):
    """Return whether the bars are striped, which marks an out-of-distribution drawing."""
    fills = visitor.page.locator("#bars .fill").evaluate_all(
        "bars => bars.map((bar) => getComputedStyle(bar).backgroundImage)"
    )
    assert len(set(fills)) == 1
    return "repeating-linear-gradient" in fills[0]


def best(visitor):
    return visitor.page.locator("#bars li.best").count()


@pytest.mark.served
def test_an_out_of_distribution_drawing_is_reported_and_no_digit_is_highlighted(visitor):
    answer_with(visitor, whole=False, glances=[False])
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
    shares = visitor.probabilities()
    assert "–" not in shares
    answer_with(visitor, whole=True, glances=[True])
    visitor.press("Example: a 3")
    expect(visitor.spoken.locator(".summary")).to_have_text("Read as 3")
    expect(visitor.spoken.locator("small")).to_have_text(re.compile(r"^>?\d+\.\d % sure$"))
    assert best(visitor) == 1
    assert not hatched(visitor)
    visitor.press("Undo")
    expect(visitor.spoken).to_contain_text("Read as 8")
    assert visitor.probabilities() == shares, "the probabilities are those of the drawing, in distribution or not"


WATCH = """async () => {
    const { on } = await import("BUS");
    window.lit = [];
    const best = () => document.querySelectorAll("#bars li.best").length;
    on("reading", ({ whole }) => window.lit.push([best(), whole]));
}"""


def while_drawing(visitor, strokes):
    """Draw with the pen; return whether a digit was highlighted at each reading, and the text before the pen lifted."""
    visitor.page.evaluate("window.lit.length = 0")
    visitor.page.mouse.move(*visitor.spot(strokes[0][0]))
    visitor.page.mouse.down()
    for point in strokes[0][1:]:
        visitor.page.mouse.move(*visitor.spot(point))
        visitor.page.wait_for_timeout(40)
    visitor.page.wait_for_function("window.lit.length >= 6")
    text = visitor.spoken.inner_text()
    highlighted = [best for best, whole in visitor.page.evaluate("window.lit") if not whole]
    visitor.page.mouse.up()
    visitor.wait_for_reading()
    return highlighted, text


@pytest.mark.served
def test_the_text_waits_for_pen_up_and_the_colour_for_two_equal_readings(visitor):
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    visitor.page.evaluate(WATCH.replace("BUS", visitor.bus))
    answer_with(visitor, whole=False, glances=[True])
    highlighted, text = while_drawing(visitor, LINE)
    assert highlighted[0] == 0 and set(highlighted[1:]) == {1} and text == ""
    assert (best(visitor), visitor.wait_for_reading()) == (0, None)
    answer_with(visitor, whole=True, glances=[True, False])
    highlighted, text = while_drawing(visitor, ACROSS)
    assert set(highlighted) == {0} and text.startswith("Probably not a digit"), "it flickers"
    assert best(visitor) == 1 and visitor.wait_for_reading() is not None
    answer_with(visitor, whole=True, glances=[False])
    highlighted, text = while_drawing(visitor, LINE)
    assert highlighted[0] == 1 and set(highlighted[1:]) == {0} and text.startswith("Read as")
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    assert best(visitor) == 0


@pytest.mark.served
def test_after_clear_there_is_no_text(visitor):
    answer_with(visitor, whole=False, glances=[False])
    visitor.press("Example: a 3")
    expect(visitor.spoken).to_contain_text("Probably not")
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    assert set(visitor.probabilities()) == {"–"}


def test_scribbles_are_out_of_distribution_and_drawn_digits_are_read(visitor):
    """Drawn MNIST digits are read right, and the page agrees with the checkpoint's calibration for each drawing."""
    images, labels = mnist("test")
    # The mouse needs 20 ms for each point, so only every third point is drawn.
    traced = [[stroke[::3] for stroke in vectorize(images[labels == digit][3])] for digit in range(10)]
    digits = [read_by_both(visitor, strokes) for strokes in traced]
    scribbles = [read_by_both(visitor, scribble(seed)) for seed in range(5)]
    for name in CALIBRATED:
        assert sum(answers[name] == digit for digit, answers in enumerate(digits)) >= 9
        assert sum(answers[name] is not None for answers in scribbles) <= 2  # about one in six looks like a digit


def read_by_both(visitor, strokes):
    """Draw, and return what each model reads: a digit, or None if out of distribution."""
    visitor.press("Clear")
    visitor.draw(strokes)
    return {name: read_by(visitor, name) for name in CALIBRATED}


def read_by(visitor, name):
    """Choose a model, and return the digit that it reads, or None if the drawing is out of distribution."""
    choice = visitor.page.locator(f"#pad .models input[value='{name}']")
    if choice.count():  # with a single model there is no choice
        choice.check()
    digit = visitor.wait_for_reading()
    calibration = checkpoint.read_calibration(name)
    image = torch.from_numpy(ink.from_strokes(visitor.asked()["strokes"]))[None, None]
    with torch.inference_mode():
        assert calibration is not None
        assert bool(calibration.in_distribution(vit.load(name).trace(image), image)) is (digit is not None)
    return digit
