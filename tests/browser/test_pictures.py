"""Test that pictures of digits, chosen, pasted or dropped, are read like the API reads them, in every view."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from demo.requests import load_image
from tests.demo.packed import unpack
from vit import ink

pytestmark = pytest.mark.browser

SEVEN = [(900, 900), (2100, 900), (1400, 2900)]


def picture(size=(3000, 4000), points=SEVEN, noise=0.0) -> Image.Image:
    """Draw a digit in blue on paper with one side in the shade, like a photo from a phone."""
    paper = Image.new("RGB", size, (235, 230, 220))
    scale = size[0] / 3000
    spots = [(x * scale, y * scale) for x, y in points]
    ImageDraw.Draw(paper).line(spots, fill=(30, 40, 120), width=round(170 * scale), joint="curve")
    values = np.asarray(paper) * np.linspace(0.6, 1, size[0])[None, :, None]
    values = values + np.random.default_rng(0).normal(0, noise, (*values.shape[:2], 1))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def choose(visitor, name, mime, content):
    with visitor.page.expect_file_chooser() as chooser:
        visitor.press("Image")
    chooser.value.set_files({"name": name, "mimeType": mime, "buffer": content})


def assert_read_like_the_api(visitor, content, digit):
    expect(visitor.page.locator("#pad .preview")).to_be_visible(timeout=20_000)
    assert visitor.wait_for_reading() == digit
    expect(visitor.page.locator("#pad .message")).to_have_text("Orange is what was taken for ink.")
    sent = unpack(visitor.asked()["picture"]).reshape(28, 28)
    np.testing.assert_allclose(sent, ink.from_image(load_image(io.BytesIO(content))), atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize(
    ("name", "mime", "content"),
    [
        ("seven.jpg", "image/jpeg", encoded(picture(), "JPEG")),
        ("seven.png", "image/png", encoded(picture((300, 400)), "PNG")),
        ("seven.tif", "image/tiff", encoded(picture((1500, 2000)), "TIFF")),  # 9 MB, in a format that no browser shows
    ],
)
def test_a_chosen_picture_is_read_as_by_the_api(visitor, name, mime, content):
    choose(visitor, name, mime, content)
    assert_read_like_the_api(visitor, content, 7)
    address = visitor.page.locator("#pad .preview").get_attribute("src")
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB")).astype(int)
    height, width = shown.shape[:2]
    assert max(height, width) <= 320
    orange = (shown[..., 0] - shown[..., 2]) > 120
    x, y = round(1500 * width / 3000), round(900 * height / 4000)
    assert orange[y, x], "the bar of the 7 is marked"
    assert not orange[: y // 2].any(), "the paper is not"


def show_three_digits(visitor):
    """Give the page a picture with a one, a seven and a one beside each other."""
    sheet = Image.new("RGB", (900, 400), (250, 250, 245))
    pen = ImageDraw.Draw(sheet)
    for points in ([(150, 80), (140, 320)], [(360, 90), (530, 90), (420, 320)], [(760, 80), (750, 320)]):
        pen.line(points, fill=(20, 20, 90), width=26, joint="curve")
    choose(visitor, "digits.png", "image/png", encoded(sheet, "PNG"))
    expect(visitor.page.locator("#pad .boxes button")).to_have_count(3)


def test_a_tap_on_one_of_several_digits_takes_it_to_the_sheet(visitor):
    """The page counts the digits, and each box is at its digit."""
    show_three_digits(visitor)
    boxes = visitor.page.locator("#pad .boxes button")
    expect(visitor.page.locator("#pad .message")).to_have_text(
        "I see three digits. Tap a box to read that digit. Orange is what was taken for ink."
    )
    assert visitor.wait_for_reading() == 1
    place, side = boxes.nth(1).bounding_box(), visitor.page.locator("#pad .preview").bounding_box()
    scale = side["width"] / 900
    assert place["x"] - side["x"] == pytest.approx(350 * scale, abs=8)
    assert place["y"] - side["y"] == pytest.approx((80 + 250) * scale, abs=8)
    assert place["width"] == pytest.approx(190 * scale, abs=10)
    boxes.nth(1).click()
    expect(visitor.spoken).to_contain_text("Read as 7")
    assert visitor.wait_for_reading() == 7
    expect(boxes.nth(1)).to_have_attribute("aria-pressed", "true")
    visitor.press("Undo")
    expect(visitor.spoken).to_contain_text("Read as 1")
    visitor.press("Clear")
    expect(boxes).to_have_count(0)


def transfer(visitor, event, target, content, mime):
    """Fire a paste or a drop event that carries a file, as the browser does."""
    visitor.page.evaluate(
        """([event, target, content, type]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)), data = new DataTransfer();
            if (content) data.items.add(new File([bytes], "file", { type }));
            const common = { bubbles: true, cancelable: true };
            const fired = event === "paste" ? new ClipboardEvent(event, { ...common, clipboardData: data })
                : new DragEvent(event, { ...common, dataTransfer: data });
            document.querySelector(target).dispatchEvent(fired);
        }""",
        [event, target, base64.b64encode(content).decode(), mime],
    )


@pytest.mark.parametrize(("event", "target"), [("paste", "body"), ("drop", "#pad .sheet canvas")])
def test_a_picture_can_be_pasted_and_dropped(visitor, event, target):
    content = encoded(picture((300, 400)), "PNG")
    transfer(visitor, event, target, content, "image/png")
    assert_read_like_the_api(visitor, content, 7)


def test_a_picture_can_be_undone_survives_a_reload_and_is_replaced_by_a_stroke(visitor):
    content = encoded(picture((300, 400)), "PNG")
    before = visitor.ink()
    choose(visitor, "seven.png", "image/png", content)
    assert_read_like_the_api(visitor, content, 7)
    visitor.press("Undo")
    expect(visitor.page.locator("#pad .preview")).to_be_hidden()
    assert visitor.ink() == before
    visitor.press("Redo")
    assert_read_like_the_api(visitor, content, 7)
    visitor.reload()
    assert_read_like_the_api(visitor, content, 7)
    visitor.press("Erase")
    visitor.draw([[[60, 60], [200, 60]]])
    expect(visitor.page.locator("#pad .message")).to_have_text(
        "The eraser cuts strokes only; this is a picture without strokes."
    )
    visitor.press("Pen")
    visitor.draw([[[140, 40], [140, 100], [140, 160], [140, 240]]])
    assert visitor.wait_for_reading() == 1
    expect(visitor.page.locator("#pad .preview")).to_be_hidden()
    assert set(visitor.asked()) == {"strokes", "model", "whole"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no picture at all", "This file holds no image that can be read"),
        (encoded(Image.new("L", (40, 40), 200), "PNG"), "There is no digit to see: the picture is all one colour."),
        (b"0" * 10_000_001, "This picture is too large: at most 10 MB can be read."),
    ],
)
def test_an_unreadable_file_gets_a_sentence_and_the_drawing_stays(visitor, content, words):
    before, asked = visitor.ink(), len(visitor.readings)
    choose(visitor, "file.png", "image/png", content)
    expect(visitor.page.locator("#pad .message")).to_contain_text(words)
    expect(visitor.page.locator("#pad .message")).to_have_class("message wrong")
    assert (visitor.ink(), len(visitor.readings)) == (before, asked)
    expect(visitor.spoken).to_contain_text("Read as 7")
    assert visitor.page.get_by_role("button", name="Undo").is_disabled()


def test_dropping_no_file_says_what_to_do(visitor):
    transfer(visitor, "drop", "#pad .sheet canvas", b"", "")
    expect(visitor.page.locator("#pad .message")).to_contain_text("Drop an image file here")


def test_pasted_text_is_ignored(visitor):
    transfer(visitor, "paste", "body", b"", "")
    expect(visitor.page.locator("#pad .message")).to_be_empty()


def test_a_server_that_does_not_answer_is_reported(visitor):
    visitor.page.route(re.compile("/picture$"), lambda route: route.abort())
    choose(visitor, "seven.png", "image/png", encoded(picture((300, 400)), "PNG"))
    expect(visitor.page.locator("#pad .message")).to_contain_text("does not answer")
    visitor.errors = [error for error in visitor.errors if "ERR_FAILED" not in error]


def test_views_work_with_a_picture_and_when_says_that_it_needs_strokes(visitor):
    content = encoded(picture((300, 400)), "PNG")
    choose(visitor, "seven.png", "image/png", content)
    assert_read_like_the_api(visitor, content, 7)
    visitor.open_tab("Why")
    expect(visitor.page.locator("#why .summary")).not_to_have_text("Draw a digit first")
    expect(visitor.page.locator("#why [aria-busy=false]")).to_be_attached(timeout=60_000)
    visitor.open_tab("When")
    expect(visitor.page.locator("#when .summary")).to_contain_text("so the path of its pen is not known")


def test_a_picture_can_be_taught(visitor):
    """A picture of a 7 is labelled 1; the taught model reads it as 1."""
    content = encoded(picture((300, 400)), "PNG")
    visitor.open_tab("Teach")
    choose(visitor, "seven.png", "image/png", content)
    assert_read_like_the_api(visitor, content, 7)
    visitor.page.locator("#teach").get_by_role("radio", name="1", exact=True).check(force=True)
    visitor.page.locator("#teach [data-do=teach]").click()
    expect(visitor.reader).to_contain_text("taught 1 correction", timeout=120_000)
    expect(visitor.spoken).to_contain_text("Read as 1", timeout=120_000)
    expect(visitor.page.locator("#teach .tiles li")).to_have_count(1)
    assert "picture" in visitor.asked()
