"""Test the public endpoints: through a real client on the served app, and called directly."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

import gradio as gr
import httpx
import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo import api
from demo.models import DEFAULT, shipped
from demo.requests import MAX_POINTS, samples
from tests.demo.shipping import RANKS, TEMPERATURE, THRESHOLD
from vit import checkpoint, ink
from vit.checkpoint import ASSETS

EXAMPLES = json.loads((ASSETS / "examples.json").read_text())
MARK = {"_type": "gradio.FileData"}
INVALID_FILES = [
    None,
    [],
    5,
    "x",
    {},
    {"path": "x"},
    {"path": "x", "meta": 5},
    {"path": "x", "meta": MARK},
    {"path": "", "meta": MARK},
    {"path": 5, "meta": MARK},
    {"path": ["x"], "meta": MARK},
    {"path": "/etc/passwd", "meta": MARK},
    {"meta": MARK},
]
MANY = list(range(MAX_POINTS + 1))
INVALID_STROKES = [
    None,
    [],
    "seven",
    [[[1, 2]]],
    [[["x", "y"]]],
    [[1, 2]],
    [[[MANY, MANY]]],
]


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


@pytest.fixture
def picture(tmp_path):
    """Save an MNIST digit as a person might send it: large, in colour, dark on light."""
    images, labels, _ = samples()
    ink = np.kron(images[labels == 3][0], np.ones((10, 10), dtype=np.uint8))
    colours = np.stack([255 - ink, 255 - ink // 2, 255 - ink], axis=-1)
    Image.fromarray(colours).save(tmp_path / "three.png")
    return tmp_path / "three.png"


def test_there_are_exactly_two_endpoints(client):
    assert set(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == {"/read", "/read_image"}
    assert client.view_api(return_format="dict", print_info=False)["unnamed_endpoints"] == {}


def test_both_are_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    parameters = {"/read": ["strokes", "model"], "/read_image": ["image", "model"]}
    for name, endpoint in endpoints.items():
        assert "`sure`" in endpoint["description"], name
        assert [parameter["parameter_name"] for parameter in endpoint["parameters"]] == parameters[name]
        assert [parameter["parameter_has_default"] for parameter in endpoint["parameters"]] == [False, True]


@pytest.fixture(scope="module")
def info(app):
    with urllib.request.urlopen(f"{app}gradio_api/info", timeout=20) as answer:
        return json.load(answer)["named_endpoints"]


def test_the_example_that_is_shown_runs(client, info):
    """Call with the example values of `/info`, and run the page's own lines of Python."""
    for name, digit in (("/read", 7), ("/read_image", 3)):
        given = info[name]["parameters"]
        values = [one["parameter_default"] if one["parameter_has_default"] else one["example_input"] for one in given]
        answer = client.predict(*values, api_name=name)
        assert (answer["digit"], answer["sure"], answer["model"]) == (digit, True, DEFAULT)
        lines = info[name]["code_snippets"]["python"]
        said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=60, check=True)
        assert said.stdout.splitlines()[-1] == str(answer)


def test_every_parameter_and_answer_is_described(info):
    for name, endpoint in info.items():
        for value in endpoint["parameters"] + endpoint["returns"]:
            assert not re.search(r"\d(st|nd|rd|th)$|^param|^value", value["label"]), (name, value["label"])
            assert len(value["python_type"]["description"]) > 30
        assert not any(f"={nothing}" in endpoint["code_snippets"]["python"] for nothing in ("None", "..."))
        for model in shipped():
            assert model in endpoint["parameters"][1]["python_type"]["description"]
        assert "16 patches" in endpoint["parameters"][1]["python_type"]["description"]


@pytest.mark.parametrize(
    "url", ["data:,x", "data:image/png;base64,!", "data:image/png;base64", "http://127.0.0.1/x.png"]
)
def test_a_string_that_is_no_data_url_is_refused_in_a_sentence(url):
    with pytest.raises(gr.Error, match="Send an image file, or a data URL"):
        api.read_image(url)


@pytest.mark.parametrize("body", [{}, {"model": DEFAULT}, {"stroke": [], "strokes": []}])
def test_a_call_without_a_required_parameter_is_refused_in_a_sentence(app, body):
    request = urllib.request.Request(
        f"{app}gradio_api/call/v2/read", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=20)
    assert error.value.code == 422
    assert "stroke" in json.load(error.value)["error"]


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(example["label"]) for example in EXAMPLES])
def test_strokes_are_read(client, example):
    answer = client.predict(example["strokes"], api_name="/read")
    assert set(answer) == {"digit", "probabilities", "sure", "model"}
    assert (answer["digit"], answer["sure"], answer["model"]) == (example["label"], True, DEFAULT)
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_position_and_size_of_strokes_do_not_matter(client):
    seven = EXAMPLES[0]["strokes"]
    for scale, shift in ((1, 10_000), (0.01, -300), (1000, 0)):
        moved = [[[x * scale + shift, y * scale + shift] for x, y, *_ in stroke] for stroke in seven]
        answers = [client.predict(strokes, api_name="/read")["probabilities"] for strokes in (seven, moved)]
        assert answers[0] == pytest.approx(answers[1], abs=1e-4)


def test_an_image_is_read(client, picture):
    answer = client.predict(handle_file(picture), api_name="/read_image")
    assert (answer["digit"], answer["sure"], answer["model"]) == (3, True, DEFAULT)
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert answer["says"] == "I see one digit."
    (first,) = answer["digits"]
    assert {name: first[name] for name in ("digit", "probabilities", "sure")} == {
        name: answer[name] for name in ("digit", "probabilities", "sure")
    }
    left, top, right, bottom = first["box"]
    assert 0 < left < right < 280 and 0 < top < bottom < 280


def test_several_digits_are_read_from_left_to_right(client, picture, tmp_path):
    images, labels, _ = samples()
    ones = [images[labels == label][0] for label in (3, 7, 0)]
    sheet = 255 - np.kron(np.hstack(ones), np.ones((6, 6), np.uint8))
    Image.fromarray(sheet).save(tmp_path / "three_digits.png")
    answer = client.predict(handle_file(tmp_path / "three_digits.png"), api_name="/read_image")
    assert answer["says"] == "I see three digits."
    assert [one["digit"] for one in answer["digits"]] == [3, 7, 0]
    assert (answer["digit"], answer["sure"]) == (3, False)
    assert all(one["sure"] for one in answer["digits"])
    for at, one in enumerate(answer["digits"]):
        left, _, right, _ = one["box"]
        assert 168 * at < left < right < 168 * (at + 1)


@pytest.mark.parametrize("name", checkpoint.shipped())
def test_a_shipped_model_may_be_named(client, picture, name):
    for what, endpoint in ((EXAMPLES[3]["strokes"], "/read"), (handle_file(picture), "/read_image")):
        assert client.predict(what, name, api_name=endpoint)["model"] == name


@pytest.mark.parametrize("name", ["nobody", "", "digits-4x4.safetensors", "../assets/digits-4x4"])
def test_an_unknown_model_gets_the_names_of_the_shipped_ones(client, picture, name):
    for what, endpoint in ((EXAMPLES[3]["strokes"], "/read"), (handle_file(picture), "/read_image")):
        with pytest.raises(AppError) as error:
            client.predict(what, name, api_name=endpoint)
        assert str(error.value).endswith(f"There is no model '{name}'; choose one of {', '.join(shipped())}.")


@pytest.mark.parametrize("model", [5, ["digits-4x4"], "x" * 10_000])
def test_a_model_that_is_no_name_is_refused_in_a_short_sentence(model):
    with pytest.raises(gr.Error, match="There is no model") as error:
        api.read(EXAMPLES[0]["strokes"], model)
    assert len(error.value.message) < 150


def test_the_named_model_reads_with_its_own_calibration(two_ship):
    """Compare with the temperature and the threshold of the named model's calibration."""
    said = set()
    for strokes in (example["strokes"] for example in EXAMPLES):
        image = torch.from_numpy(ink.from_strokes(strokes))[None, None]
        with torch.inference_mode():
            ours, other = (model(image)[0] for model in two_ship.values())
        answer = api.read(strokes)
        assert (answer["model"], answer["sure"]) == ("digits-4x4", True)
        assert answer["probabilities"] == pytest.approx(ours.softmax(-1).tolist(), abs=1e-5)
        answer = api.read(strokes, "digits-7x7")
        assert answer["model"] == "digits-7x7"
        assert answer["probabilities"] == pytest.approx((other / TEMPERATURE).softmax(-1).tolist(), abs=1e-5)
        assert answer["digit"] == other.argmax()
        score = np.interp(-other.exp().sum().log().item(), RANKS, np.linspace(0, 1, len(RANKS)))
        assert answer["sure"] is bool(score <= THRESHOLD)
        said.add(answer["sure"])
    assert said == {True, False}


@pytest.mark.parametrize("strokes", INVALID_STROKES, ids=lambda strokes: str(strokes)[:20])
def test_wrong_strokes_get_a_sentence(client, strokes):
    with pytest.raises(AppError) as error:
        client.predict(strokes, api_name="/read")
    said = str(error.value)
    assert "Traceback" not in said
    assert "has raised an exception" not in said, "the reason was swallowed"
    assert len(said) > 15


def test_wrong_images_get_a_sentence(client, tmp_path):
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(httpx.HTTPStatusError) as refused:  # the upload itself is refused
        client.predict(handle_file(tmp_path / "text.png"), api_name="/read_image")
    assert refused.value.response.status_code == 415
    Image.new("RGB", (50, 50), "white").save(tmp_path / "blank.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "blank.png").read_bytes()[:60])
    for name, reason in (("half.png", "no image"), ("blank.png", "one colour")):
        with pytest.raises(AppError, match=reason):
            client.predict(handle_file(tmp_path / name), api_name="/read_image")
    with pytest.raises(AppError, match="image"):
        client.predict(None, api_name="/read_image")


@pytest.mark.parametrize("file", INVALID_FILES, ids=str)
def test_an_invalid_file_is_refused_in_a_sentence(file):
    with pytest.raises(gr.Error) as error:
        api.read_image(file)
    assert error.value.message.startswith("Send an image file")


@pytest.mark.parametrize("name", ["read", "read_image"])
@pytest.mark.parametrize("data", [[], ["a string"], [[1]], *([file] for file in INVALID_FILES)], ids=str)
def test_invalid_raw_data_gets_an_error_and_no_traceback(app, name, data):
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
