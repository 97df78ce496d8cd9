"""Test how the server reads a visitor's picture."""

import base64
import http.client
import io
import json
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from demo.requests import Reader, from_picture, samples
from demo.safety.body_limit import MAX_PICTURE
from demo.shared_column.picture import read_picture
from demo.shared_column.server import PadServer
from demo.tabs.when.server import NO_PATH, When
from tests.demo.packed import unpack
from vit import ink


def file_of(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def three():
    images, labels, _ = samples()
    return images[labels == 3][0]


def preview(answer) -> np.ndarray:
    head, _, data = answer["preview"].partition(",")
    assert head == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)


@pytest.mark.parametrize("channels", ["L", "LA", "RGB", "RGBA"])
def test_the_image_is_that_of_the_api_and_the_preview_marks_its_ink(three, channels):
    grey = np.kron(255 - three, np.ones((10, 10), np.uint8))
    pixels = np.asarray(Image.fromarray(grey).convert(channels))
    answer = read_picture(file_of(pixels))
    image = unpack(answer["image"]).reshape(28, 28)
    np.testing.assert_allclose(image, ink.from_image(pixels), atol=0.5 / 255 + 1e-6)
    colours = preview(answer)
    orange = colours[..., 0] - colours[..., 2] > 100
    dark, light = grey < 60, grey > 250
    assert orange[dark].mean() > 0.95
    assert orange[light].mean() < 0.02


def test_several_digits_are_listed_with_their_places_on_the_sheet(three):
    large = np.kron(255 - three, np.ones((5, 5), np.uint8))  # (140, 140)
    answer = read_picture(file_of(np.hstack([large, large, large])))
    assert answer["says"] == "I see three digits."
    assert answer["image"] == answer["digits"][0]["image"]
    rows, columns = np.nonzero(large < 200)
    for at, digit in enumerate(answer["digits"]):
        np.testing.assert_allclose(unpack(digit["image"]).reshape(28, 28), ink.from_image(large), atol=0.05)
        left, top, width, height = np.array(digit["box"]) * 420
        expected = [140 * at + columns.min(), 140 + rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        np.testing.assert_allclose([left, top, width, height], expected, atol=6)
    assert "digits" not in read_picture(file_of(large))


def test_transparent_pixels_are_white_in_the_preview(three):
    alpha = np.kron(three, np.ones((4, 4), np.uint8))
    answer = read_picture(file_of(np.dstack([np.zeros_like(alpha)] * 3 + [alpha])))
    corner = preview(answer)[0, 0]
    assert corner.min() > 120 and np.ptp(corner) < 12


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_a_file_that_is_no_picture_gets_a_sentence(content):
    assert "no image that can be read" in read_picture(content)["error"]


PACKED = {"shape": [28, 28], "type": "u8", "data": base64.b64encode(bytes(range(196)) * 4).decode()}


def test_a_packed_picture_is_the_image_of_a_request():
    image = Reader({}.get).image({"picture": PACKED})
    assert image.dtype == np.float32
    assert image[0, :3].tolist() == pytest.approx([0, 1 / 255, 2 / 255])
    assert "error" not in PadServer(Reader({}.get)).read({"picture": PACKED})


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "data",
        {},
        {**PACKED, "shape": [784]},
        {**PACKED, "shape": [28, 28.5]},
        {**PACKED, "type": "f32"},
        {**PACKED, "data": None},
        {**PACKED, "data": PACKED["data"][:-4]},
        {**PACKED, "data": PACKED["data"] + "AAAA"},
        {**PACKED, "data": "é" * 1048},
        {**PACKED, "data": "!" + PACKED["data"]},
        {**PACKED, "data": base64.b64encode(bytes(784)).decode()},
    ],
)
def test_an_invalid_picture_is_refused_in_a_sentence(wrong):
    with pytest.raises(ValueError, match=r"picture|pixels"):
        from_picture(wrong)
    assert len(PadServer(Reader({}.get)).read({"picture": wrong})["error"]) < 200


def test_the_tab_when_says_that_it_needs_strokes():
    assert When(Reader({}.get)).parts({"picture": PACKED}) == {"error": NO_PATH}


# ---- the app as it is served ----


def post(app, body, path="/picture"):
    connection = http.client.HTTPConnection(urlsplit(app).netloc, timeout=30)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_the_page_reads_a_picture_of_almost_ten_megabytes(app, three):
    pixels = np.kron(255 - three, np.ones((64, 64), np.uint8))
    file = file_of(np.dstack([pixels] * 3), "TIFF")
    assert 9_000_000 < len(file) < MAX_PICTURE
    status, content = post(app, file)
    assert status == 200
    np.testing.assert_allclose(
        unpack(json.loads(content)["image"]).reshape(28, 28), ink.from_image(pixels), atol=0.5 / 255 + 1e-6
    )


def test_the_page_refuses_a_larger_picture_unread(app):
    connection = http.client.HTTPConnection(urlsplit(app).netloc, timeout=30)
    connection.putrequest("POST", "/picture")
    connection.putheader("Content-Length", str(MAX_PICTURE + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
