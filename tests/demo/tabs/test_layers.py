"""Test tab Layers: compare the tokens' probabilities with the logit lens, and each test digit's path with its dot."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

import vit
from demo.models import LoadedModel
from demo.requests import EXPIRED, Reader, samples
from demo.shared_column.server import PadServer
from demo.tabs.layers.server import Layers, components
from tests.demo.packed import unpack
from train.data.dataset import Digits
from train.evaluation import parametric_tsne, token_map
from vit import VisionTransformer, ViTConfig, checkpoint, ink
from vit.explain import lens

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = {"strokes": EXAMPLES[0]["strokes"]}
OWN = {
    "coarse": ViTConfig(patch_size=14, depth=1),
    "deep": ViTConfig(patch_size=4, embed_dim=24, depth=5, num_heads=3),
    "old": ViTConfig(norm="post", act="relu"),
}


def own(token: str) -> LoadedModel | None:
    torch.manual_seed(3)
    return LoadedModel(VisionTransformer(OWN[token]).eval(), "own") if token in OWN else None


@pytest.fixture
def layers() -> Layers:
    models = {token: own(token) for token in OWN}
    return Layers(Reader(models.get))


@pytest.mark.parametrize("token", [None, *OWN])
def test_probabilities_are_those_of_the_logit_lens_and_end_with_the_reading(layers, token):
    answer = layers.lens(SEVEN | {"model": token})
    loaded, image = layers.reader.loaded(token), torch.from_numpy(ink.from_strokes(SEVEN["strokes"]))[None]
    probs = unpack(answer["probs"])
    expected = lens(loaded.model, image) ** (1 / loaded.calibration.temperature)
    np.testing.assert_allclose(probs[1:], expected / expected.sum(dim=-1, keepdim=True), atol=2e-5)
    np.testing.assert_allclose(
        probs[-1, 0], PadServer(layers.reader).read(SEVEN | {"model": token})["probs"], atol=2e-5
    )
    with torch.no_grad():
        first = loaded.calibration.probs(loaded.model.head(loaded.model.norm(loaded.model.embed(image[None])[0])))
    np.testing.assert_allclose(probs[0], first, atol=2e-5)


def shipped_with_map(folder, monkeypatch) -> token_map.TokenMap:
    """Ship a model with a token map that is fitted in a few steps; the shipped digits come first on it."""
    images, labels, _ = samples()
    twice = Digits(torch.from_numpy(np.concatenate([images, images])), torch.from_numpy(np.tile(labels, 2)).long())
    model = vit.load("digits-4x4")
    monkeypatch.setattr(parametric_tsne, "STEPS", 20)
    found = token_map.fit_token_map(model, twice, twice)
    net, indices = found.net, torch.from_numpy(samples()[2].astype(np.int64))
    tokens = token_map.cls_tokens(model, twice.images[:300])
    found = token_map.TokenMap(net, net(tokens).clamp(0, 1), twice.labels[:300], indices, found.figures)
    figures = {"atlas": found.figures}
    checkpoint.save(model, folder / "digits-4x4.safetensors", figures=figures, extra=token_map.to_tensors(found))
    monkeypatch.setattr(checkpoint, "ASSETS", folder)
    return found


@pytest.mark.parametrize("token", [None, *OWN])
def test_the_path_of_a_test_digit_follows_its_own_dot(layers, token):
    images, labels, indices = samples()
    for at in (0, 7, 299):
        answer = layers.lens({"sample": int(indices[at]), "model": token})
        points, path = unpack(answer["token_map"]["points"]), unpack(answer["path"])
        dot = answer["token_map"]["pictures"].index(at)
        np.testing.assert_allclose(path, points[:, dot], atol=1e-4 if token else 5e-4)  # a stored map is rounded
        assert answer["token_map"]["labels"][dot] == labels[at]
    np.testing.assert_allclose(points[0], points[:1, 0].repeat(len(points[0]), axis=0), atol=5e-4)
    if token:
        assert (answer["token_map"]["stored"], len(answer["token_map"]["labels"])) == (False, len(images))


def test_a_stored_map_is_shown(tmp_path, monkeypatch):
    stored = shipped_with_map(tmp_path, monkeypatch)
    layers = Layers(Reader({}.get))
    answer = layers.lens({"sample": int(samples()[2][11])})
    assert answer["token_map"]["stored"]
    assert answer["token_map"]["figures"] == stored.figures
    np.testing.assert_allclose(unpack(answer["token_map"]["points"]), stored.points, atol=1e-3)
    np.testing.assert_allclose(unpack(answer["path"]), stored.points[:, 11], atol=1e-3)


def test_components_are_the_principal_components():
    tokens = torch.randn(200, 12, generator=torch.Generator().manual_seed(0)) * torch.linspace(3, 0.1, 12)
    places = components(tokens)(tokens).numpy()
    values, vectors = np.linalg.eigh(np.cov(tokens.numpy().T))
    for axis in (0, 1):
        expected = tokens.numpy() @ vectors[:, -1 - axis]
        assert abs(np.corrcoef(expected, places[:, axis])[0, 1]) == pytest.approx(1, abs=1e-4)
    assert places.var(axis=0)[0] / places.var(axis=0)[1] == pytest.approx(values[-1] / values[-2], rel=1e-3)


def test_a_map_that_the_page_has_is_not_sent_again(layers):
    first = layers.lens(SEVEN)
    again = layers.lens(SEVEN | {"known": first["name"]})
    assert "token_map" not in again
    assert again["path"] == first["path"]
    assert "token_map" in layers.lens(SEVEN | {"known": first["name"], "model": "coarse"})


def test_pictures_are_the_shipped_digits(layers):
    answer = layers.pictures({})
    with Image.open(io.BytesIO(base64.b64decode(answer["sheet"]))) as picture:
        sheet = np.asarray(picture)
    for at in (0, 45, 299):
        top, left = 28 * (at // answer["columns"]), 28 * (at % answer["columns"])
        assert (sheet[top : top + 28, left : left + 28] == samples()[0][at]).all()


@pytest.mark.parametrize(
    ("payload", "message"),
    [(SEVEN | {"model": "nobody"}, EXPIRED), ({"strokes": []}, "Draw"), ({"sample": -1}, "MNIST"), ([], "expected")],
)
def test_an_invalid_request_gets_a_sentence(layers, payload, message):
    answer = layers.lens(payload)
    assert list(answer) == ["error"]
    assert message in answer["error"]
