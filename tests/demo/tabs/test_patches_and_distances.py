"""Test the server functions of Patches and Distances: filters and attention distances, computed once per model."""

import numpy as np
import pytest
import torch

import vit
from demo.requests import EXPIRED, Reader, samples
from demo.tabs.distances import server
from demo.tabs.distances.server import Distances, distances
from demo.tabs.patches.server import Filters, embedding
from tests.demo.packed import unpack
from tests.vit.analysis.test_attention_distance import by_loops


class Tabs(Filters, Distances):
    """The server functions of both tabs."""


@pytest.fixture
def tab() -> Tabs:
    embedding.cache_clear()
    distances.cache_clear()
    return Tabs(Reader({}.get))


def test_the_filters_are_those_of_the_model_sorted_by_length(tab):
    answer = tab.filters({})
    weights = vit.load("digits-4x4").patch_embed.proj.weight.detach().numpy()
    filters = unpack(answer["filters"])
    assert sorted(answer["features"]) == list(range(len(weights)))
    np.testing.assert_array_equal(filters, weights[answer["features"]])
    lengths = np.linalg.norm(filters, axis=1)
    assert (np.diff(lengths) <= 1e-6).all()


def test_the_patterns_are_the_axes_of_the_filters(tab):
    """They are eigenvectors of the weights' Gram matrix, sorted by eigenvalue, each with more ink than paper."""
    answer = tab.filters({})
    weights = vit.load("digits-4x4").patch_embed.proj.weight.detach().numpy()
    patterns, gains = unpack(answer["patterns"]), unpack(answer["gains"])
    assert patterns.shape == (49, 49)
    gram = weights.T @ weights
    for index in (0, 1, 10):
        np.testing.assert_allclose(gram @ patterns[index], gains[index] ** 2 * patterns[index], atol=1e-3)
    np.testing.assert_allclose(patterns @ patterns.T, np.eye(49), atol=1e-5)
    assert (np.diff(gains) <= 0).all()
    assert (gains**2).sum() == pytest.approx((weights**2).sum(), rel=1e-4)
    assert (patterns.sum(axis=1) >= -1e-6).all()


def test_the_distances_are_means_over_the_shipped_digits(tab, monkeypatch):
    monkeypatch.setattr(server, "MAX_WEIGHTS", 20 * 18 * 17**2)  # twenty digits of 3 layers, 6 heads, 17 tokens
    monkeypatch.setattr(server, "WEIGHTS_AT_ONCE", 7 * 18 * 17**2)  # in batches of seven, seven and six
    answer = tab.distances({})
    images = torch.from_numpy(samples()[0][:20] / 255).float()[:, None]
    with torch.no_grad():
        attention = vit.load("digits-4x4").trace(images).attention
    assert answer["digits"] == 20
    for layer, head in ((0, 0), (2, 5)):
        expected = np.mean([by_loops(attention[layer, image, head], 4, 7) for image in range(20)])
        assert unpack(answer["distance"])[layer, head] == pytest.approx(expected, rel=1e-4)


def test_a_small_model_reads_all_shipped_digits(tab):
    assert tab.distances({})["digits"] == len(samples()[0])


def test_a_models_distances_are_computed_once(tab, monkeypatch):
    first = tab.distances({"model": "digits-4x4"})
    monkeypatch.setattr(server, "sample_distances", None)
    assert tab.distances({"strokes": [], "model": "digits-4x4"}) is first


def test_each_model_has_its_own_answer(tab, two_ship):
    assert [tab.filters({"model": name})["filters"]["shape"] for name in two_ship] == [[96, 49], [128, 16]]
    assert [tab.distances({"model": name})["distance"]["shape"] for name in two_ship] == [[3, 6], [6, 4]]


@pytest.mark.parametrize(("payload", "message"), [({"model": "nobody"}, EXPIRED), ([], "expected the name of a model")])
def test_an_unknown_model_gets_a_sentence(tab, payload, message):
    for answer in (tab.filters(payload), tab.distances(payload)):
        assert list(answer) == ["error"]
        assert message in answer["error"]
