"""Test tab Teach in Chromium: a wrong answer is corrected and undone; corrections survive a reload."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figure_file import figure_of
from vit import checkpoint

pytestmark = pytest.mark.browser

WAIT = 120_000  # milliseconds, enough for a lesson of 80 steps and 20,000 readings on a slow machine
EXAMPLES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}


def mirrored(label):
    """Return a mirrored digit, with every third point."""
    return [[(280 - x, y) for x, y, *_ in stroke[::3]] for stroke in EXAMPLES[label]]


def draw_misread(visitor) -> int:
    """Draw a mirrored digit that is misread; return its true label."""
    for label in (7, 2, 5, 6, 3):
        visitor.press("Clear")
        visitor.draw(mirrored(label))
        if visitor.wait_for_reading() != label:
            return label
    raise AssertionError("every mirrored digit is read right")


def do(page: Page, name: str):
    return page.locator(f"#teach [data-do={name}]")


def choose_label(page: Page, label: int):
    page.locator("#teach").get_by_role("radio", name=str(label), exact=True).check(force=True)
    do(page, "teach").click()


def test_a_wrong_answer_is_corrected_and_can_be_undone_after_a_reload(visitor, tmp_path):
    visitor.open_tab("Teach")
    page, tiles = visitor.page, visitor.page.locator("#teach .tiles li")
    expect(do(page, "teach")).to_be_disabled()
    label = draw_misread(visitor)
    before = visitor.probabilities()
    choose_label(page, label)
    expect(visitor.reader).to_contain_text("taught 1 correction", timeout=WAIT)
    expect(visitor.spoken).to_contain_text(f"Read as {label}", timeout=WAIT)
    expect(page.locator("#teach .bars li.best")).to_have_attribute("data-digit", str(label))
    assert page.locator("#teach .then").all_inner_texts() == before
    assert page.locator("#teach .now").all_inner_texts() == visitor.probabilities()
    expect(page.locator("#teach .forgetting")).to_contain_text("test digits", ignore_case=True)
    figure = figure_of(visitor, "teach", tmp_path, "a model trained on this page")
    drawn = figure.svg.read_text(encoding="utf-8")
    assert figure.png.stem == f"taught-{label}"
    assert figure.texts("title") == [page.locator("#teach .summary").inner_text()]
    shares = zip(before, visitor.probabilities(), strict=True)
    assert all(f"{old} → {new}".replace(">", "&gt;") in drawn for old, new in shares)
    assert drawn.count("<image") == page.locator("#teach .changed canvas").count()
    expect(tiles).to_have_count(1)
    expect(tiles.first).to_contain_text("✓")
    visitor.reload()
    visitor.open_tab("Teach")
    expect(visitor.spoken).to_contain_text(f"Read as {label}", timeout=WAIT)
    expect(tiles.first).to_contain_text("✓")
    do(page, "undo").click()
    expect(visitor.reader).to_contain_text("16 patches, 241,306", timeout=WAIT)
    expect(visitor.reader).not_to_contain_text("taught")
    expect(page.locator("#bars .share")).to_have_text(before)
    expect(tiles.first).to_contain_text("not taught yet")
    do(page, "again").click()
    expect(visitor.spoken).to_contain_text(f"Read as {label}", timeout=WAIT)


CORRECTION = {"label": 4, "strokes": [[[10, 10], [100, 200]], [[50, 20], [50, 250]]]}
FILE = {"format": "inkling-corrections", "version": 1, "corrections": [CORRECTION]}
BAD = {  # tests/web/teach.test.js has all reasons
    "{": "not JSON",
    json.dumps(FILE | {"corrections": [CORRECTION] * 51}): "51 corrections",
    json.dumps(FILE | {"corrections": [{**CORRECTION, "label": "<img src=x onerror=alert(1)>"}]}): "no digit",
    json.dumps(FILE | {"corrections": [{"label": 1, "strokes": [[[at, at] for at in range(2001)]]}]}): "2,001 points",
}


def choose(page: Page, content: str):
    file = {"name": "mine.json", "mimeType": "application/json", "buffer": content.encode()}
    page.locator("#teach input[type=file]").set_input_files(file)  # type: ignore[arg-type]


def test_corrections_are_exported_deleted_and_imported_and_bad_files_change_nothing(visitor, tmp_path):
    visitor.open_tab("Teach")
    page, tiles, message = (
        visitor.page,
        visitor.page.locator("#teach .tiles li"),
        visitor.page.locator("#teach .message"),
    )
    choose(page, json.dumps(FILE))
    expect(tiles).to_have_count(1)
    expect(tiles.first).to_contain_text("a 4")
    for content, reason in BAD.items():
        choose(page, content)
        expect(message).to_contain_text(reason)
        expect(message).to_contain_text("The file was not imported")
        expect(tiles).to_have_count(1)
    assert page.locator("#teach img").count() == 0
    visitor.reload()
    visitor.open_tab("Teach")
    expect(tiles).to_have_count(1)
    with page.expect_download() as download:
        do(page, "export").click()
    download.value.save_as(tmp_path / "mine.json")
    assert json.loads((tmp_path / "mine.json").read_text()) == FILE
    do(page, "forget").click()
    expect(tiles).to_have_count(0)
    choose(page, (tmp_path / "mine.json").read_text())
    expect(tiles).to_have_count(1)
    choose(
        page, json.dumps(FILE | {"corrections": [{**CORRECTION, "label": 9}]})
    )  # the same drawing with another label
    expect(tiles).to_have_text([re.compile("a 9")])
    page.locator("#teach").get_by_role("button", name="Remove").click()
    expect(tiles).to_have_count(0)


def test_an_mnist_test_digit_is_not_taught(visitor):
    visitor.open_tab("Teach")
    visitor.press("Random MNIST digit")
    expect(visitor.page.locator("#teach .question")).to_contain_text("spoil the test")
    expect(do(visitor.page, "teach")).to_be_disabled()
    visitor.press("Clear")
    visitor.draw(mirrored(7))
    expect(visitor.page.locator("#teach .question")).to_contain_text("What is it?")
