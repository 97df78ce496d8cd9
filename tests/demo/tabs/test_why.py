"""Test tab Why: its answers agree with the methods, and an invalid request gets one sentence."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

import vit
from demo.models import LoadedModel
from demo.requests import EXPIRED, Reader
from demo.tabs.why.account import short_account
from demo.tabs.why.predicted import predicted_values
from demo.tabs.why.server import QUICK, Explainer, method_descriptions
from tests.demo.packed import unpack
from vit import VisionTransformer, ViTConfig, checkpoint, explain, ink
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.methods import METHODS

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = {"strokes": EXAMPLES[0]["strokes"]}


def image_of(payload) -> torch.Tensor:
    return torch.from_numpy(ink.from_strokes(payload["strokes"]))[None]


@pytest.fixture
def explainer():
    torch.manual_seed(0)
    models = {
        "2x2": VisionTransformer(ViTConfig(patch_size=14, embed_dim=16, depth=2, num_heads=2, mlp_dim=16)),
        "7x7": VisionTransformer(ViTConfig(patch_size=4, embed_dim=16, depth=1, num_heads=2, mlp_dim=16)),
    }
    return Explainer(Reader({name: LoadedModel(model.eval(), f"{name}.") for name, model in models.items()}.get))


def wait_for(ask: Callable[[dict], dict], payload: dict) -> dict:
    """Ask until the answer is complete, and check that the progress never falls."""
    done = []
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        answer = ask(payload)
        if "done" not in answer:
            assert done == sorted(done)
            return answer
        assert answer["done"] <= answer["of"]
        done.append(answer["done"])
        time.sleep(0.05)
    raise AssertionError("no answer")


@pytest.mark.parametrize("target", [None, 2])
def test_maps_are_those_of_the_methods(explainer, target):
    answer = explainer.maps(SEVEN | {"target": target})
    model, image = vit.load("digits-4x4"), image_of(SEVEN)
    assert answer["predicted"] == 7
    assert answer["target"] == (7 if target is None else 2)
    assert list(answer["maps"]) == QUICK
    for key, packed in answer["maps"].items():
        expected = METHODS[key].ask(model, image, answer["target"])
        np.testing.assert_allclose(unpack(packed["map"]), expected.numpy(), atol=1e-5)
        assert packed["ms"] >= 0


def test_the_completeness_gap_of_integrated_gradients(explainer):
    """It is the drawing's log-odds minus those of a blank image, minus the map's sum, computed by the model."""
    answer = explainer.maps(SEVEN)
    model, image = vit.load("digits-4x4"), image_of(SEVEN)
    with torch.no_grad():
        blank, drawn = log_odds(model(torch.stack([torch.zeros_like(image), image])), 7).tolist()
    total = unpack(answer["maps"]["integrated_gradients"]["map"]).sum()
    assert answer["gap"] == pytest.approx(drawn - blank - total, abs=1e-3)


def test_a_map_is_computed_once_for_a_drawing_and_a_digit(explainer, monkeypatch):
    calls = []
    method = METHODS["occlusion_unseen"]

    def ask(model, image, target):
        calls.append(target)
        return method.ask(model, image, target)

    monkeypatch.setitem(METHODS, "occlusion_unseen", replace(method, ask=ask))
    first = explainer.maps(SEVEN)
    scores = explainer.erased(SEVEN)["scores"]
    assert calls == [7]
    assert explainer.maps(SEVEN)["maps"] == first["maps"]
    assert explainer.maps(SEVEN | {"target": 1})["maps"] != first["maps"]
    explainer.maps({"strokes": EXAMPLES[2]["strokes"], "target": 1})
    assert calls == [7, 1, 1]
    assert Explainer(explainer.reader).erased(SEVEN)["scores"] == scores


@pytest.mark.parametrize("target", [7, 1])
def test_erased_values_are_exact(explainer, target):
    answer = explainer.erased(SEVEN | {"target": target})
    model, image = vit.load("digits-4x4"), image_of(SEVEN)
    values = unpack(answer["values"])
    np.testing.assert_allclose(values, explain.shapley(model, image, target, "erased").numpy(), atol=1e-4)
    with torch.no_grad():
        none, everything = log_odds(model(torch.stack([torch.zeros_like(image), image])), target).tolist()
    assert (answer["none"], answer["all"]) == pytest.approx((none, everything), abs=1e-3)
    assert values.sum() == pytest.approx(everything - none, abs=1e-3)
    assert answer["exact"] is True
    assert answer["readings"] == 2 ** len(answer["maskable"])


def test_decisive_sets_change_or_keep_the_prediction(explainer):
    answer = explainer.erased(SEVEN)
    model, image = vit.load("digits-4x4"), image_of(SEVEN)

    def read(patches) -> int:
        visible = torch.zeros(16)
        visible[patches] = 1
        with torch.no_grad():
            return int(
                model((image * visible.view(4, 4).repeat_interleave(7, 0).repeat_interleave(7, 1))[None]).argmax()
            )

    maskable, sets = set(answer["maskable"]), answer["sets"]
    assert read(sets["suffices"]) == 7
    assert read(sorted(maskable - set(sets["flips"]))) != 7
    if len(sets["flips"]) > 1:
        assert all(read(sorted(maskable - {patch})) == 7 for patch in maskable)
    assert set(sets["pair"]["patches"]) <= maskable


def models_own_table(maskable) -> np.ndarray:
    """Return the log-odds of 7 for every subset of the inked patches, read from images with the rest erased."""
    model, image = vit.load("digits-4x4"), image_of(SEVEN)
    present = torch.zeros(2 ** len(maskable), 16)
    for subset in range(len(present)):
        present[subset, [patch for at, patch in enumerate(maskable) if subset >> at & 1]] = 1
    pixels = present.view(-1, 1, 4, 4).repeat_interleave(7, 2).repeat_interleave(7, 3)
    with torch.no_grad():
        return log_odds(model(image * pixels).double(), 7).numpy()


def test_the_account_is_the_regression_of_all_subsets_on_its_terms(explainer):
    answer = explainer.erased(SEVEN)
    account, maskable = answer["account"], answer["maskable"]
    table = models_own_table(maskable)
    shown = [sum(2 ** maskable.index(patch) for patch in term["patches"]) for term in account["terms"]]
    complete = np.array([[1, *(subset & some == some for some in shown)] for subset in range(len(table))], dtype=float)
    fitted, *_ = np.linalg.lstsq(complete, table, rcond=None)
    assert [account["start"], *(term["value"] for term in account["terms"])] == pytest.approx(fitted, abs=2e-3)
    explained = 1 - ((table - complete @ fitted) ** 2).sum() / ((table - table.mean()) ** 2).sum()
    assert {one["terms"]: one["r_squared"] for one in account["curve"]}[5] == pytest.approx(explained, abs=1e-3)


def test_the_account_has_five_terms_and_the_curve_of_more(explainer):
    account = explainer.erased(SEVEN)["account"]
    assert set(account) == {"start", "terms", "curve"}
    assert len(account["terms"]) == 5
    assert all(term["patches"] == sorted(set(term["patches"])) for term in account["terms"])
    assert [one["terms"] for one in account["curve"]] == [1, 3, 5, 10, 20]
    shares = [one["r_squared"] for one in account["curve"]]
    assert shares[0] > 0 and shares == sorted(shares) and shares[-1] <= 1
    assert len(json.dumps(account)) < 1000  # only the terms and the curve, not the table


def test_a_constant_table_has_no_account():
    constant = torch.full((8,), 2.0, dtype=torch.float64)
    assert short_account(MaskedModel(vit.load("digits-4x4"), image_of(SEVEN), "erased"), constant) is None


def test_few_patches_have_a_short_curve():
    """Two patches have three terms."""
    masked = MaskedModel(vit.load("digits-4x4"), image_of(SEVEN), "erased")
    account = short_account(masked, torch.tensor([0.0, 1.0, 3.0, 9.0]).double())
    assert account is not None
    assert [one["terms"] for one in account["curve"]] == [1, 3]
    assert account["curve"][-1]["r_squared"] == 1
    one, other = masked.maskable[:2].tolist()
    values = {tuple(term["patches"]): term["value"] for term in account["terms"]}
    assert values == pytest.approx({(one,): 1, (other,): 3, (one, other): 5})


def test_unseen_values_are_exact_once_the_table_is_read(explainer):
    payload = SEVEN | {"model": "2x2"}
    answer = wait_for(explainer.unseen, payload)
    loaded = explainer.reader.loaded("2x2")
    expected = explain.shapley(loaded.model, image_of(SEVEN), answer["target"], "unseen")
    np.testing.assert_allclose(unpack(answer["values"]), expected.numpy(), atol=1e-4)
    assert answer["readings"] == 16
    assert answer["account"]["curve"][-1] == {"terms": 15, "r_squared": 1}
    other = explainer.unseen(payload | {"target": 5})
    assert other["target"] == 5  # the same table is used for another digit, without waiting
    assert "done" not in other


def test_too_many_patches_are_estimated(explainer):
    for ask in (explainer.erased, explainer.unseen):
        payload = SEVEN | {"model": "7x7"}
        first = ask(payload)
        answer = wait_for(ask, payload)
        assert 0 <= first["done"] < first["of"] == answer["readings"]
        assert answer["exact"] is False
        assert unpack(answer["values"]).sum() == pytest.approx(answer["all"] - answer["none"], abs=1e-2)
        assert unpack(answer["error_bars"]).max() > 0
        assert answer["sets"] is None
        assert answer["account"] is None
        for score in answer["scores"].values():
            assert score["deletion"] is None
            assert -1 <= score["rank"] <= 1


@pytest.mark.parametrize("target", [None, 2])
def test_values_in_one_pass_come_with_the_progress_of_the_estimate(explainer, target):
    """They add up to what the model itself says of the drawing and of a blank sheet."""
    model, image = vit.load("digits-7x7"), image_of(SEVEN)
    answer = explainer.erased(SEVEN | {"model": "digits-7x7", "target": target})
    assert answer["done"] < answer["of"]
    values = unpack(answer["one_pass"]["values"])
    with torch.no_grad():
        blank, drawn = log_odds(model(torch.stack([torch.zeros_like(image), image])), answer["target"]).tolist()
    assert values.sum() == pytest.approx(drawn - blank, abs=0.02)  # what no patch says is stored in half precision
    estimated = unpack(wait_for(explainer.erased, SEVEN | {"model": "digits-7x7", "target": target})["values"])
    assert ((values - estimated)[estimated != 0] ** 2).mean() ** 0.5 < 4 * answer["one_pass"]["error"]
    assert ((values - estimated) ** 2).sum() < 0.3 * (estimated**2).sum()
    assert (values[estimated == 0] == 0).all()
    assert answer["one_pass"]["ms"] > 0


@pytest.mark.parametrize(
    ("model", "mask_mode"), [("7x7", "erased"), ("digits-4x4", "erased"), ("digits-7x7", "unseen")]
)
def test_without_a_shipped_explainer_nothing_is_predicted(explainer, model, mask_mode):
    assert predicted_values(explainer.reader.loaded(model), image_of(SEVEN), 7, mask_mode) == {}


def test_answers_are_json_without_nan(explainer):
    for ask in (explainer.maps, explainer.erased, explainer.unseen):
        json.dumps(wait_for(ask, SEVEN | {"model": "7x7"}), allow_nan=False)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_summary_has_both_top_patches_and_the_agreement(explainer, monkeypatch, sign):
    """Replace attention by the exact values or their opposite: its top patch has the largest or the smallest value."""
    model, image = vit.load("digits-4x4"), image_of(SEVEN)
    exact = explain.shapley(model, image, 7, "erased")
    stand_in = type(METHODS["attention"])("attention", "", lambda *_: sign * exact, signed=False, asks_for_target=False)
    monkeypatch.setitem(METHODS, "attention", stand_in)
    answer = explainer.erased(SEVEN)
    summary, values = answer["summary"], exact.flatten()[answer["maskable"]]
    largest, smallest = (answer["maskable"][int(at)] for at in (values.argmax(), values.argmin()))
    assert summary["value"] == largest
    assert summary["attention"] == (largest if sign > 0 else smallest)
    assert summary["patches"] == len(values)
    assert summary["by_value"] == (1 if sign > 0 else len(values))
    assert summary["rank"] == sign
    assert -1.1 < summary["score"] <= 1


@pytest.mark.parametrize(("model", "examples"), [("digits-4x4", EXAMPLES), ("digits-7x7", EXAMPLES[:1])])
def test_each_example_has_a_rank_agreement(explainer, model, examples):
    for example in examples:
        summary = wait_for(explainer.erased, {"strokes": example["strokes"], "model": model})["summary"]
        assert -1 <= summary["rank"] <= 1


def test_each_method_is_described():
    methods = method_descriptions()
    assert [method["key"] for method in methods] == list(METHODS)
    assert all(method["claim"].endswith(".") for method in methods)
    assert {method["key"] for method in methods if not method["asks"]} == {"attention", "rollout"}
    assert {method["mask_mode"]: method["key"] for method in methods if not method["quick"]} == {
        "unseen": "shapley_unseen",
        "erased": "shapley_erased",
    }


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (SEVEN | {"target": 10}, "target must be a digit"),
        (SEVEN | {"target": "7"}, "target must be a digit"),
        (SEVEN | {"target": True}, "target must be a digit"),
        (SEVEN | {"model": "nobody"}, EXPIRED),
        ({"strokes": []}, ""),
        ([], "expected a drawing"),
    ],
)
def test_an_invalid_request_gets_one_sentence(explainer, payload, message):
    for ask in (explainer.maps, explainer.erased, explainer.unseen):
        answer = ask(payload)
        assert list(answer) == ["error"]
        assert message in answer["error"]
