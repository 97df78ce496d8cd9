"""Test that a downloaded model file can be opened and reads, that no other file can, and that none is kept."""

import http.client
import json
import tempfile
import urllib.request
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch

import vit
from demo.model_file import MOST_MODELS, OTHER_IMAGES, TOO_LARGE, UNREADABLE, OpenedModels, load_file, open_file, opened
from demo.models import shipped_model
from demo.requests import Reader
from demo.safety.body_limit import MAX_MODEL_FILE
from demo.shared_column.server import PadServer
from demo.training.watched_jobs import EXPIRE_SECONDS
from tests.demo.training.jobs_data import TINY, Clock
from train import families
from vit import VisionTransformer, ViTConfig, checkpoint

SEVEN = {"strokes": [[[70, 60], [140, 60], [210, 60], [170, 140], [120, 230]]]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Let temporary files lie where the test sees them; at the end none may be left."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


@pytest.fixture
def file_of(tmp_path):
    """Return a function that saves an untrained model, and returns the file's bytes."""

    def save(config: ViTConfig = TINY, change=None) -> bytes:
        model = VisionTransformer(config)
        if change:
            change(model)
        checkpoint.save(model, tmp_path / "saved.safetensors")
        return (tmp_path / "saved.safetensors").read_bytes()

    return save


def shipped_file(name: str = "digits-4x4") -> bytes:
    return checkpoint.locate(name).read_bytes()


@pytest.mark.parametrize("name", ["digits-4x4", "digits-7x7"])
def test_a_downloaded_model_reads_as_before(name):
    loaded = load_file(shipped_file(name), "mine.safetensors")
    image = np.random.default_rng(0).random((28, 28), np.float32)
    assert loaded.read(image)[1] == shipped_model(name).read(image)[1]
    assert loaded.summary.startswith("mine.safetensors: ")


def test_it_is_found_by_its_token_and_by_no_other():
    answer = open_file(shipped_file(), "%3Cb%3Emy%20model%3C/b%3E\n.safetensors")
    reader = Reader(opened().loaded)
    reading = PadServer(reader).read(SEVEN | {"model": answer["model"]})
    assert (reading["digit"], reading["model"]["name"]) == (7, None)
    assert reading["model"]["summary"] == "<b>my model</b>.safetensors: 16 patches, 241,306 parameters."
    assert PadServer(reader).own_weights({"model": answer["model"]})["weights"]
    assert PadServer(reader).read(SEVEN | {"model": answer["model"][:-1] + "x"})["expired"]


def test_a_model_of_own_classes_can_be_opened(file_of):
    names = ("cat", "猫")
    loaded = load_file(file_of(ViTConfig(num_classes=2, names=names, embed_dim=32, num_heads=2, depth=1, mlp_dim=16)))
    assert loaded.model.config.class_names == names


def test_a_damaged_file_or_one_of_another_kind_is_refused(file_of, tmp_path):
    good = file_of()
    at = len(good) - 5
    families.save(families.CNN(families.CNNConfig()), tmp_path / "cnn.safetensors")
    files = {
        "empty": b"",
        "text": b"PK\x03\x04 no model",
        "cut off": good[:-8],
        "one bit": good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
        "a header of terabytes": b"\xff" * 8 + good[8:],
        "a CNN": (tmp_path / "cnn.safetensors").read_bytes(),
        "not finite": file_of(change=lambda model: model.head.weight.data.fill_(torch.nan)),
        "other shapes": other_shapes(tmp_path),
    }
    for what, content in files.items():
        assert open_file(content) == {"error": UNREADABLE}, what


def other_shapes(tmp_path) -> bytes:
    """Return a file whose tensors do not fit its config, with a valid digest."""
    model = VisionTransformer(TINY)
    model.head = torch.nn.Linear(TINY.embed_dim, 3)
    checkpoint.save(model, tmp_path / "other.safetensors")
    return (tmp_path / "other.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (ViTConfig(image_size=14, embed_dim=16, depth=1, num_heads=2, mlp_dim=16), OTHER_IMAGES),
        (ViTConfig(in_chans=3, embed_dim=16, depth=1, num_heads=2, mlp_dim=16), OTHER_IMAGES),
        (ViTConfig(patch_size=1, embed_dim=16, depth=4, num_heads=8, mlp_dim=16), TOO_LARGE),
        (ViTConfig(embed_dim=512, depth=2, num_heads=2, mlp_dim=2048), TOO_LARGE),
        (ViTConfig(num_classes=1, names=("x" * 41,), embed_dim=16, depth=1, num_heads=2, mlp_dim=16), TOO_LARGE),
    ],
)
def test_a_model_that_does_not_fit_the_page_is_refused(file_of, config, reason):
    assert open_file(file_of(config)) == {"error": reason}


def test_what_the_page_trains_can_be_opened(file_of):
    for config in (vit.preset("blog"), vit.preset("4x4"), ViTConfig(patch_size=2, embed_dim=64, depth=3)):
        assert load_file(file_of(config)).model.config == config


def test_models_are_dropped_when_they_are_too_many_or_nobody_asks():
    clock = Clock()
    models, loaded = OpenedModels(clock=clock), shipped_model("digits-4x4")
    first, *others = [models.add(loaded) for _ in range(MOST_MODELS)]
    assert models.loaded(first) is loaded  # it is the latest now
    last = models.add(loaded)
    known = [models.loaded(token) is loaded for token in (first, *others, last)]
    assert known == [True, False, *[True] * (MOST_MODELS - 1)]
    clock.now += EXPIRE_SECONDS
    assert models.loaded(last) is loaded
    clock.now += EXPIRE_SECONDS / 2
    assert models.loaded(first) is None
    assert models.loaded(last) is loaded


# ---- the app as it is served ----


def test_the_page_opens_a_file(app):
    request = urllib.request.Request(f"{app}model_file?name=mine.safetensors", data=shipped_file("digits-7x7"))
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["model"].startswith("file-")
    with urllib.request.urlopen(f"{app}model_file", data=b"{}") as answer:
        assert json.load(answer) == {"error": UNREADABLE}


def test_the_page_refuses_a_file_that_is_too_large_or_comes_from_another_site(app):
    connection = http.client.HTTPConnection(urlsplit(app).netloc, timeout=20)
    connection.putrequest("POST", "/model_file")
    connection.putheader("Content-Length", str(MAX_MODEL_FILE + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413 and b"at most 20,000,000 bytes" in answer.read()
    connection.close()
    connection.request("POST", "/model_file", body=b"{}", headers={"Origin": "https://elsewhere.example"})
    assert connection.getresponse().status == 403
    connection.close()
