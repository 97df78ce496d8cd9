"""The public endpoints through a real client, against the app as it is served, and called directly."""

import json
import urllib.error
import urllib.request

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo import api
from demo.reader import MAX_POINTS, Reader, samples
from vit.checkpoint import ASSETS

EXAMPLES = json.loads((ASSETS / "examples.json").read_text())
MARK = {"_type": "gradio.FileData"}
NO_FILES = [
    None,
    [],
    5,
    "x",
    {},
    {"path": "x"},
    {"path": "x", "meta": None},
    {"path": "x", "meta": 5},
    {"path": "x", "meta": "gradio.FileData"},
    {"path": "x", "meta": {}},
    {"path": "x", "meta": MARK},
    {"path": "", "meta": MARK},
    {"path": None, "meta": MARK},
    {"path": 5, "meta": MARK},
    {"path": ["x"], "meta": MARK},
    {"path": "/etc/passwd", "meta": MARK},
    {"meta": MARK},
]
MANY = list(range(MAX_POINTS + 1))
NO_STROKES = [
    None,
    [],
    "seven",
    {"a": 1},
    7,
    [[[1, 2]]],
    [[["x", "y"]]],
    [[1, 2]],
    [[[[1, 2], [3, 4]]]],
    [[[MANY, MANY]]],
]


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


@pytest.fixture
def picture(tmp_path):
    """An MNIST digit as a person might send it: large, in colour, dark on light."""
    images, labels, _ = samples()
    ink = np.kron(images[labels == 3][0], np.ones((10, 10), dtype=np.uint8))
    colours = np.stack([255 - ink, 255 - ink // 2, 255 - ink], axis=-1)
    Image.fromarray(colours).save(tmp_path / "three.png")
    return tmp_path / "three.png"


def test_there_are_two_endpoints_and_no_other(client):
    assert set(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == {"/read", "/read_image"}
    assert client.view_api(return_format="dict", print_info=False)["unnamed_endpoints"] == {}


def test_both_are_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name, endpoint in endpoints.items():
        assert endpoint["description"], name
        assert len(endpoint["parameters"]) == 1, name


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(example["label"]) for example in EXAMPLES])
def test_strokes_are_read(client, example):
    answer = client.predict(example["strokes"], api_name="/read")
    assert answer["digit"] == example["label"]
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_where_and_how_large_strokes_are_does_not_matter(client):
    seven = EXAMPLES[0]["strokes"]
    for scale, shift in ((1, 10_000), (0.01, -300), (1000, 0)):
        moved = [[[x * scale + shift, y * scale + shift] for x, y, *_ in stroke] for stroke in seven]
        answers = [client.predict(strokes, api_name="/read")["probabilities"] for strokes in (seven, moved)]
        assert answers[0] == pytest.approx(answers[1], abs=1e-4)


def test_an_image_is_read(client, picture):
    answer = client.predict(handle_file(picture), api_name="/read_image")
    assert answer["digit"] == 3
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("strokes", NO_STROKES, ids=lambda strokes: str(strokes)[:20])
def test_wrong_strokes_get_a_sentence(client, strokes):
    with pytest.raises(AppError) as error:
        client.predict(strokes, api_name="/read")
    said = str(error.value)
    assert "Traceback" not in said
    assert "has raised an exception" not in said, "the reason was swallowed"
    assert len(said) > 15


def test_wrong_images_get_a_sentence(client, tmp_path):
    (tmp_path / "text.png").write_text("hello")
    Image.new("RGB", (50, 50), "white").save(tmp_path / "blank.png")
    for name, reason in (("text.png", "no image"), ("blank.png", "one colour")):
        with pytest.raises(AppError, match=reason):
            client.predict(handle_file(tmp_path / name), api_name="/read_image")
    with pytest.raises(AppError, match="image"):
        client.predict(None, api_name="/read_image")


@pytest.mark.parametrize("file", NO_FILES, ids=str)
def test_what_is_no_file_of_the_page_is_refused_in_a_sentence(file):
    with pytest.raises(gr.Error) as error:
        api.read_image(Reader({}.get), file)
    assert error.value.message.startswith("Send an image file")


@pytest.mark.parametrize("name", ["read", "read_image"])
@pytest.mark.parametrize("data", [[], ["a string"], [[1]], *([file] for file in NO_FILES)], ids=str)
def test_raw_nonsense_gets_an_error_and_no_traceback(app, name, data):
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(f"{app}gradio_api/call/{name}", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            event = json.load(answer)["event_id"]
        with urllib.request.urlopen(f"{app}gradio_api/call/{name}/{event}", timeout=20) as answer:
            said = answer.read().decode()
        assert "event: error" in said
    except urllib.error.HTTPError as error:
        said = error.read().decode()
        assert 400 <= error.code < 500
    assert "Traceback" not in said
    assert "root:" not in said
