"""Test tab Test in Chromium: its numbers are those of the model, and pointing sends no request."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import vit
from demo import models
from tests.browser.visitor import payload
from tests.served_app import CHANGED
from train.evaluation.predictions import Predictions, predict
from train.evaluation.robustness import CHANGES, make_variations, sample_digits
from vit import checkpoint, ink

pytestmark = pytest.mark.browser

WAIT = 120_000  # milliseconds, enough for a slow machine to read 10,000 digits, and some with many changes
CELLS = "#evaluation [data-cell]"


@pytest.fixture(scope="module")
def predictions(mnist_test) -> Predictions:
    loaded = models.shipped_model("digits-4x4")
    return predict(loaded.model, mnist_test, loaded.calibration)


def open_tab(visitor) -> None:
    visitor.open_tab("Test")
    expect(visitor.page.locator(CELLS)).to_have_count(100, timeout=WAIT)
    expect(visitor.page.locator("#evaluation .charts svg")).to_have_count(len(CHANGES), timeout=WAIT)
    expect(visitor.page.locator("#evaluation [data-at]").first).to_be_visible(timeout=WAIT)


def test_the_figures_are_those_of_the_model(visitor, predictions):
    visitor.open_tab("Test")
    page = visitor.page
    stored = checkpoint.read_header("digits-4x4").figures["test"]["accuracy"]
    expect(page.locator("#evaluation .summary")).to_contain_text(f"{100 * stored:.2f} %")  # before any digit is read
    open_tab(visitor)
    low, high = predictions.interval
    expect(page.locator("#evaluation .summary")).to_contain_text(f"{100 * predictions.accuracy:.2f} %")
    expect(page.locator("#evaluation .detail")).to_contain_text(
        f"between {100 * low:.2f} % and {100 * high:.2f} % (95 % interval)"
    )
    labels = [cell.get_attribute("aria-label") or "" for cell in page.locator(CELLS).all()]
    counts = [int(re.sub(r"\D", "", label.split(":")[1])) for label in labels]
    expected = [
        ((predictions.labels == row) & (predictions.digits == column)).sum()
        for row in range(10)
        for column in range(10)
    ]
    assert counts == [int(count) for count in expected]
    expect(page.locator("#evaluation .error")).to_contain_text(f"{100 * predictions.calibration.error:.2f} points")
    tiles = page.locator("#evaluation .gallery button")
    expect(tiles).to_have_count(24)
    page.locator("#evaluation .more").click()
    expect(tiles).to_have_count(min(60, len(predictions.mistakes())))
    assert [tile.inner_text().strip() for tile in tiles.all()] == [
        f"{predictions.labels[at]} → {predictions.digits[at]}" for at in predictions.mistakes()[:60].tolist()
    ]


def test_a_cell_opens_its_digits_by_mouse_and_keyboard_with_one_request(visitor, predictions, mnist_test):
    open_tab(visitor)
    page = visitor.page
    written, read = next(
        (int(predictions.labels[at]), int(predictions.digits[at])) for at in predictions.mistakes().tolist()
    )
    places = predictions.cell(written, read).tolist()
    page.locator(f'{CELLS}[data-cell="{written},{read}"]').click()
    tiles = page.locator("#evaluation .gallery button")
    expect(page.locator("#evaluation .which")).to_contain_text(f"Written as {written}, read as {read}")
    expect(tiles).to_have_count(len(places))
    pixels = tiles.first.locator("canvas").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, at) => at % 4 === 0)"
    )
    assert pixels == mnist_test.images[places[0]].flatten().tolist()
    expect(page.locator("#evaluation .one")).to_contain_text(f"Test digit {places[0]:,}: written as {written}")
    page.locator("#evaluation .back").click()
    expect(tiles).to_have_count(24)
    before = len(visitor.readings)
    page.locator(f'{CELLS}[data-cell="0,0"]').focus()
    for key in ["ArrowDown"] * written + ["ArrowRight"] * read + ["Enter"]:
        page.keyboard.press(key)
    expect(tiles).to_have_count(len(places))
    page.wait_for_timeout(300)
    cells = [request for request in visitor.readings[before:] if "written" in payload(request)]
    assert cells == []  # it was requested before


def test_changed_drawings_are_read_by_the_model_and_pointing_sends_no_request(visitor):
    open_tab(visitor)
    page, loaded = visitor.page, models.shipped_model("digits-4x4")
    drawing = next(body for request in visitor.readings[::-1] if "strokes" in (body := payload(request)))
    image = torch.from_numpy(ink.from_strokes(drawing["strokes"]))
    changed = make_variations(image)
    with torch.no_grad():
        probs = loaded.calibration.probs(vit.load("digits-4x4")(changed.images))
    labels = page.locator("#evaluation [data-at]").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert len(labels) == len(changed.images)
    digits = [int((re.search(r"read as (\d)", label) or ["", "-1"])[1]) for label in labels]
    assert digits == probs.argmax(-1).tolist()
    blue = page.locator("#evaluation [data-at] > :first-child").evaluate_all(
        "all => all.map(one => one.getAttribute('fill') === '#2f7de1')"
    )
    assert blue == [digit == digits[7 * 15 + 7] for digit in digits]
    expect(page.locator("#evaluation [aria-busy=true]")).to_have_count(0, timeout=WAIT)
    before = len(visitor.readings)
    for at, words in [(0, "Moved 7 left and 7 up"), (7 * 15 + 10, "Moved 3 right"), (225 + 20, "20° to the right")]:
        page.locator(f'#evaluation [data-at="{at}"]').hover()
        expect(page.locator("#evaluation .change")).to_contain_text(f"{words}")
        shown = page.locator("#evaluation .look canvas").evaluate(
            "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, at) => at % 4 === 0)"
        )
        np.testing.assert_allclose(np.array(shown) / 255, changed.images[at].flatten().numpy(), atol=0.006)
    page.locator("#evaluation .shifts [tabindex='0']").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#evaluation .change")).to_contain_text("Moved 1 up")
    page.locator("#evaluation .charts svg").first.hover()
    page.locator("#evaluation [data-bin]").first.hover()
    assert len(visitor.readings) == before


def test_a_robustness_curve_has_the_models_accuracies(visitor, mnist_test):
    open_tab(visitor)
    chart = visitor.page.locator('#evaluation [data-way="rotation"]')
    model, digits, way = vit.load("digits-4x4"), sample_digits(mnist_test, CHANGED), CHANGES["rotation"]
    images = digits.images[:, None] / 255
    chart.focus()
    chart.press("Home")
    for amount in way.amounts[::3]:
        with torch.no_grad():
            read = model(way.apply(images, torch.full((len(images),), float(amount)))).argmax(-1)
        share = (read == digits.labels).float().mean().item()
        expect(chart).to_have_attribute("aria-valuetext", re.compile(f" {amount} degrees.* {100 * share:.1f} % right"))
        for _ in range(3):
            chart.press("ArrowRight")


def test_another_drawing_has_other_changes_and_clear_keeps_them(visitor):
    open_tab(visitor)
    visitor.page.get_by_role("button", name="Example: a 3").click()
    expect(visitor.page.locator("#evaluation .fragility")).to_contain_text("Read as 3.", timeout=WAIT)
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    expect(visitor.page.locator("#evaluation .fragility")).to_contain_text("Read as 3.")
    expect(visitor.page.locator(CELLS).first).to_be_visible()


def test_the_figure_can_be_downloaded(visitor, tmp_path):
    open_tab(visitor)
    _, drawn = visitor.save_both("evaluation", tmp_path, 200)
    assert drawn.count("data-cell") == 100
    assert drawn.count("data-at") == 274
    assert drawn.count("data-way") == len(CHANGES)
