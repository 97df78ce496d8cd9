"""The public endpoints through a real client, against the app as it is served."""

import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo.reader import samples
from vit.checkpoint import ASSETS

EXAMPLES = json.loads((ASSETS / "examples.json").read_text())


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


def test_an_image_is_read(client, picture):
    answer = client.predict(handle_file(picture), api_name="/read_image")
    assert answer["digit"] == 3
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("strokes", [None, [], "seven", {"a": 1}, 7, [[[1, 2]]], [[["x", "y"]]], [[1, 2]]])
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


@pytest.mark.parametrize("name", ["read", "read_image"])
@pytest.mark.parametrize(
    "data", [[], ["a string"], [{"path": "/etc/passwd"}], [[1]], [{"meta": {"_type": "gradio.FileData"}}], [5]]
)
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
