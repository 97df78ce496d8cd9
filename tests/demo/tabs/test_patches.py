"""Test the measured costs of patch sizes: one size a request, and a sentence for an invalid one."""

import pytest

import vit
from demo.requests import EXPIRED, Reader
from demo.tabs.patches.measured_costs import MeasuredCosts
from train.evaluation.patch_costs import saved_bytes


@pytest.fixture
def costs(jobs) -> MeasuredCosts:
    return MeasuredCosts(Reader(jobs.loaded), jobs)


def test_the_models_own_size_has_its_parameters_and_a_time(costs):
    model = vit.load("digits-4x4")
    answer = costs.measure({"model": "digits-4x4", "patch_size": model.config.patch_size})
    assert answer["num_params"] == model.num_params
    assert answer["bytes"] == saved_bytes(model.config, "cpu")
    assert answer["seconds"] > 0 and 0 < answer["quadratic"] < 1


@pytest.mark.slow
def test_smaller_patches_cost_more(costs):
    large, small = (costs.measure({"model": None, "patch_size": size}) for size in (14, 2))
    assert small["bytes"] > 10 * large["bytes"] and small["quadratic"] > 2 * large["quadratic"]


@pytest.mark.parametrize("size", [None, 3, 28, "7", 0])
def test_another_size_is_refused(costs, size):
    assert "patch_size must be one of" in costs.measure({"model": None, "patch_size": size})["error"]


def test_an_expired_model_is_refused(costs):
    assert costs.measure({"model": "nobody's", "patch_size": 7}) == {"error": EXPIRED}
