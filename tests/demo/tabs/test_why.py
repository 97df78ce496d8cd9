"""The answers of tab "Why": they agree with the methods, and a wrong question gets one sentence."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

import vit
from demo.models import LoadedModel
from demo.requests import EXPIRED, Reader
from demo.tabs.why.server import QUICK, Explainer, method_descriptions
from tests.demo.packed import unpack
from vit import VisionTransformer, ViTConfig, checkpoint, explain, ink
from vit.explain.masking import log_odds
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
    """Ask until the answer is there; the progress before it never falls."""
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
    """Against the model itself: the log-odds of the drawing minus those of a blank sheet, minus the map's sum."""
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
def test_erased_is_exact(explainer, target):
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


def test_decisive_sets_decide(explainer):
    answer = explainer.erased(SEVEN)
    model, image = vit.load("digits-4x4"), image_of(SEVEN)

    def read(patches) -> int:
        visible = torch.zeros(16)
        visible[patches] = 1
        with torch.no_grad():
            return int(
                model((image * visible.view(4, 4).repeat_interleave(7, 0).repeat_interleave(7, 1))[None]).argmax()
            )

    players, sets = set(answer["maskable"]), answer["sets"]
    assert read(sets["suffices"]) == 7
    assert read(sorted(players - set(sets["flips"]))) != 7
    if len(sets["flips"]) > 1:
        assert all(read(sorted(players - {patch})) == 7 for patch in players)
    assert set(sets["pair"]["patches"]) <= players


def test_unseen_values_come_when_the_table_is_read(explainer):
    payload = SEVEN | {"model": "2x2"}
    answer = wait_for(explainer.unseen, payload)
    loaded = explainer.reader.loaded("2x2")
    expected = explain.shapley(loaded.model, image_of(SEVEN), answer["target"], "unseen")
    np.testing.assert_allclose(unpack(answer["values"]), expected.numpy(), atol=1e-4)
    assert answer["readings"] == 16
    other = explainer.unseen(payload | {"target": 5})
    assert other["target"] == 5  # the same table answers at once for another digit
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
        for score in answer["scores"].values():
            assert score["deletion"] is None
            assert -1 <= score["rank"] <= 1


def test_answers_are_json_without_nan(explainer):
    for ask in (explainer.maps, explainer.erased, explainer.unseen):
        json.dumps(wait_for(ask, SEVEN | {"model": "7x7"}), allow_nan=False)


@pytest.mark.parametrize(("sign", "agreement"), [(1, "1.00"), (-1, "−1.00")])
def test_the_sentence_names_both_top_patches_and_the_agreement(explainer, monkeypatch, sign, agreement):
    """Attention that is the exact answer agrees with it; its opposite is strongest where the value is smallest."""
    model, image = vit.load("digits-4x4"), image_of(SEVEN)
    exact = explain.shapley(model, image, 7, "erased")
    stand_in = type(METHODS["attention"])("attention", "", lambda *_: sign * exact, signed=False, asks_for_target=False)
    monkeypatch.setitem(METHODS, "attention", stand_in)
    answer = explainer.erased(SEVEN)
    summary, values = answer["summary"], exact.flatten()[answer["maskable"]]
    largest, smallest = (answer["maskable"][int(at)] for at in (values.argmax(), values.argmin()))
    assert summary["value"] == largest
    assert summary["attention"] == (largest if sign > 0 else smallest)
    places = [f"row {patch // 4 + 1}, column {patch % 4 + 1}" for patch in (summary["attention"], largest)]
    assert all(place in summary["text"] for place in places)
    assert ("number" in summary["text"]) == (sign < 0)
    assert f"number {len(values)} of {len(values)} by value" in summary["text"] or sign > 0
    assert f"rank agreement {agreement}" in summary["text"]
    assert re.search(r"score −?\d\.\d\d", summary["text"])


@pytest.mark.parametrize(("model", "examples"), [("digits-4x4", EXAMPLES), ("digits-7x7", EXAMPLES[:1])])
def test_no_example_is_called_right_or_wrong(explainer, model, examples):
    for example in examples:
        text = wait_for(explainer.erased, {"strokes": example["strokes"], "model": model})["summary"]["text"]
        assert not re.search(r"\bright\b|mislead|wrong", text)
        assert "rank agreement" in text


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
def test_a_wrong_question_gets_one_sentence(explainer, payload, message):
    for ask in (explainer.maps, explainer.erased, explainer.unseen):
        answer = ask(payload)
        assert list(answer) == ["error"]
        assert message in answer["error"]
