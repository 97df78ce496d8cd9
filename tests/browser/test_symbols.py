"""Test tab Symbols in Chromium: own symbols are drawn, learned, named in every view, exported and imported."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import vit
from tests.browser.figure_file import figure_of
from tests.browser.visitor import Visitor
from tests.symbols import drawings, file_of, symbols
from train.own_classes.drawings import load_drawings
from train.synthetic.handwriting import render

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 180_000  # milliseconds, enough for six copies on a slow machine
NAMES = ("triangle", "arrow", "note")
COUNT = 5


def do(page: Page, name: str):
    return page.locator(f"#symbols [data-do={name}]")


def message(page: Page):
    return page.locator("#symbols .message")


def add_symbol(visitor: Visitor, name: str, count: int) -> None:
    """Name a symbol, and draw it a few times; the button and the key take turns."""
    page = visitor.page
    page.locator("#symbols").get_by_label("Name of a new symbol").fill(name)
    page.keyboard.press("Enter")
    for number, strokes in enumerate(drawings(name, count), start=1):
        visitor.draw(strokes)
        expect(do(page, "add")).to_be_enabled()
        if number % 2:
            do(page, "add").click()
        else:
            page.keyboard.press("a")
        expect(page.locator(f'#symbols [data-name="{name}"] .tiles li')).to_have_count(number)


def choose_file(page: Page, content: str) -> None:
    file = {"name": "mine.json", "mimeType": "application/json", "buffer": content.encode()}
    page.locator("#symbols input.file").set_input_files(file)  # type: ignore[arg-type]


def learn(visitor: Visitor) -> None:
    do(visitor.page, "learn").click()
    expect(visitor.reader).to_contain_text("symbols of your own", timeout=WAIT)


def test_symbols_are_drawn_learned_and_named_in_every_view(visitor, tmp_path):
    visitor.open_tab("Symbols")
    page, missing = visitor.page, visitor.page.locator("#symbols .missing")
    expect(do(page, "learn")).to_be_disabled()
    expect(missing).to_contain_text("name 2 symbols")
    for name in NAMES:
        add_symbol(visitor, name, COUNT)
    expect(missing).to_have_text("")
    learn(visitor)
    expect(page.locator("#symbols .summary")).to_contain_text(
        re.compile(r"Of 15 drawings, each left out once, \d+ were")
    )
    expect(page.locator("#symbols .bars .name")).to_have_text(list(NAMES))
    figure = figure_of(visitor, "symbols", tmp_path, "a model trained on this page")
    assert figure.texts("title") == [page.locator("#symbols .summary").inner_text()]
    expect(page.locator("#bars .name")).to_have_text(list(NAMES))
    visitor.draw(drawings("note", 1, seed=9)[0])
    expect(visitor.spoken).to_contain_text("Read as note")
    places = {"Layers": "#layers .summary", "Why": "#why .title", "What if": "#whatif .summary"}
    for tab, place in places.items():
        visitor.open_tab(tab)
        expect(page.locator(place)).to_contain_text("note", timeout=30_000)
    visitor.open_tab("Overview")
    bars = page.locator("#overview .picture svg [data-part=bar] text:first-of-type")
    expect(bars).to_have_count(len(NAMES))
    assert bars.all_text_contents() == list(NAMES)
    visitor.open_tab("Attention")
    expect(page.locator("#attention .gallery")).to_be_visible()
    visitor.open_tab("Test")
    expect(page.locator("#evaluation")).to_contain_text("These tests are of MNIST's digits")
    visitor.open_tab("Teach")
    expect(page.locator("#teach .question")).to_contain_text("something else than the ten digits")
    expect(page.locator("#teach [data-do=teach]")).to_be_disabled()
    visitor.reload()
    expect(page.locator("#bars .name")).to_have_text(list(NAMES))
    visitor.open_tab("Symbols")
    expect(page.locator("#symbols .summary")).to_contain_text("Of 15 drawings")
    expect(page.locator("#symbols .state")).to_have_text("")
    assert visitor.errors == [] and visitor.outside == []


def test_symbols_are_exported_deleted_and_imported_and_bad_files_change_nothing(visitor, tmp_path):
    visitor.open_tab("Symbols")
    page, cards = visitor.page, visitor.page.locator("#symbols .symbol")
    choose_file(page, json.dumps(file_of(symbols(6, NAMES))))
    expect(cards).to_have_count(3)
    expect(page.locator("#symbols .tiles li")).to_have_count(18)
    with page.expect_download() as download:
        do(page, "export").click()
    path = tmp_path / "mine.json"
    download.value.save_as(path)
    names, images = load_drawings(path)
    assert (tuple(names), len(images)) == (NAMES, 18)
    do(page, "forget").click()
    expect(cards).to_have_count(0)
    do(page, "undo").click()
    expect(cards).to_have_count(3)
    page.locator('#symbols [data-name="arrow"]').get_by_role("button", name="Delete the symbol").click()
    expect(cards).to_have_count(2)
    choose_file(page, path.read_text(encoding="utf-8"))
    expect(cards).to_have_count(3)
    expect(page.locator("#symbols .tiles li")).to_have_count(18)
    page.get_by_role("button", name="Remove drawing 2 of “note”").click()
    expect(page.locator("#symbols .tiles li")).to_have_count(17)
    for content, reason in {
        "{": "not JSON",
        json.dumps({"format": "inkling-corrections"}): "no symbols",
        json.dumps(file_of([{"name": "<img src=x onerror=alert(1)>", "drawings": []}])): "1 to 20 characters",
        json.dumps(file_of([{"name": "dot", "drawings": [{"strokes": [[[5, 5], [6, 5]]]}]}])): "only a dot",
    }.items():
        choose_file(page, content)
        expect(message(page)).to_contain_text(reason)
        expect(message(page)).to_contain_text("The file was not imported")
        expect(cards).to_have_count(3)
    visitor.reload()
    visitor.open_tab("Symbols")
    expect(page.locator("#symbols .tiles li")).to_have_count(17)
    assert visitor.errors == []


def save_pictures(folder: Path) -> None:
    """Save five pictures of two symbols each, in a folder of its own."""
    for name in NAMES[:2]:
        (folder / name).mkdir(parents=True)
        for number, strokes in enumerate(drawings(name, 5)):
            picture = 255 - np.asarray(render(strokes, 12.0))
            Image.fromarray(picture).save(folder / name / f"{number}.png")


def test_a_folder_of_pictures_becomes_symbols(visitor, tmp_path):
    save_pictures(tmp_path / "mine")
    Image.new("L", (50, 50), 255).save(tmp_path / "mine" / "arrow" / "empty.png")
    visitor.open_tab("Symbols")
    page = visitor.page
    page.locator("#symbols input.folder").set_input_files(tmp_path / "mine")
    expect(message(page)).to_contain_text("10 pictures added. 1 could not be used: empty.png", timeout=60_000)
    for name in NAMES[:2]:
        expect(page.locator(f'#symbols [data-name="{name}"] .tiles li')).to_have_count(5)
    learn(visitor)
    expect(page.locator("#symbols .summary")).to_contain_text("Of 10 drawings")
    assert visitor.errors == []


def drag(page: Page, selector: str, path: Path) -> None:
    """Drag a file or a folder of this computer onto a part of the page."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    assert box is not None
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for event in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
        session.send("Input.dispatchDragEvent", {"type": event, "data": data, **place})


def test_a_folder_is_dragged_onto_the_view(visitor, tmp_path):
    save_pictures(tmp_path / "mine")
    visitor.open_tab("Symbols")
    page = visitor.page
    drag(page, "#symbols .ask", tmp_path / "mine")
    expect(message(page)).to_contain_text("10 pictures added.", timeout=60_000)
    for name in NAMES[:2]:
        expect(page.locator(f'#symbols [data-name="{name}"] .tiles li')).to_have_count(5)
    expect(do(page, "learn")).to_be_enabled()


GONE = {"model": "f" * 32, "start": "digits-4x4", "names": ["one", "two"], "read": {"a": [0, 0]}}
GONE |= {"interval": [0, 1], "folds": 5}


def test_a_model_that_is_gone_is_learned_again_and_downloaded(visitor, tmp_path):
    """The lesson in the browser names a model that the server has deleted."""
    visitor.open_tab("Symbols")
    page = visitor.page
    choose_file(page, json.dumps(file_of(symbols(COUNT, NAMES))))
    expect(page.locator("#symbols .tiles li")).to_have_count(3 * COUNT)
    page.evaluate(
        "text => localStorage.setItem('inkling-symbol-lessons', text)", json.dumps([GONE | {"model": "f" * 32}])
    )
    visitor.reload()
    visitor.open_tab("Symbols")
    do(page, "model").click()
    expect(message(page)).to_have_text(
        "This model is no longer stored. Press Learn again: your symbols are still here."
    )
    expect(page.locator("#symbols .tiles li")).to_have_count(3 * COUNT)
    learn(visitor)
    expect(page.locator("#symbols .summary")).to_contain_text("Of 15 drawings")
    with page.expect_download() as download:
        do(page, "model").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    assert vit.load(tmp_path / "inkling-symbols.safetensors").config.class_names == NAMES
    assert visitor.errors == []
