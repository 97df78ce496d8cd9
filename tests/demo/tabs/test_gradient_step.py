"""Test tab Gradient step: the answer is the effect of one more step after those already taken, or an error sentence."""

import json

import pytest
import torch

import vit
from demo.requests import EXPIRED, Reader, samples
from demo.tabs.train.gradient_step.server import MAX_STEPS, GradientStep
from train.gradient_step import LossGradient, take_step
from vit import checkpoint, ink

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = {"strokes": EXAMPLES[0]["strokes"]}
STEP = {"label": 1, "lr": 0.11, "optimizer": "sgd"}


@pytest.fixture
def gradient_step() -> GradientStep:
    return GradientStep(Reader({}.get))


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.from_numpy(ink.from_strokes(SEVEN["strokes"]))[None]


def test_the_answer_is_that_of_the_model_that_took_the_steps(gradient_step, image):
    """Take two steps with different optimizers by hand, then one at each rate; read the other digits one by one."""
    steps = [STEP, {"label": 4, "lr": 1e-3, "optimizer": "adam"}]
    answer = gradient_step.look(SEVEN | {"label": 1, "steps": steps, "optimizer": "adam"})
    model = take_step(take_step(vit.load("digits-4x4"), image, 1, 0.11), image, 4, 1e-3, "adam")
    assert (answer["digit"], answer["label"], len(answer["rates"])) == (7, 1, 12)
    with torch.no_grad():
        torch.testing.assert_close(
            torch.tensor(answer["before"]["logits"]), model(image[None])[0], atol=1e-3, rtol=1e-3
        )
        at = 4
        after = take_step(model, image, 1, answer["rates"][at], "adam")
        probs = after(image[None])[0].softmax(dim=-1)
    torch.testing.assert_close(torch.tensor(answer["after"][at]["probs"]), probs, atol=1e-4, rtol=0)
    assert answer["after"][at]["loss"] == pytest.approx(-probs[1].log().item(), abs=1e-3)
    result = LossGradient(model, image, 1, "adam").take(answer["rates"])
    assert [part["name"] for part in answer["parts"]] == [one.part.name for one in result.parts]
    for part, one in zip(answer["parts"], result.parts, strict=True):
        assert part["alone"] == pytest.approx(one.alone.tolist(), rel=1e-3, abs=1e-4)
    images, labels, _ = samples()
    others = torch.from_numpy(images[: answer["others"]["of"]] / 255)[:, None].float()
    right = [int(after(other[None]).argmax()) == label for other, label in zip(others, labels, strict=False)]
    assert answer["others"]["after"][at] == sum(right)


def test_the_server_stores_nothing_between_two_answers(gradient_step):
    plain = gradient_step.look(SEVEN)
    assert plain["label"] == plain["digit"] == 7
    gradient_step.look(SEVEN | {"label": 0, "steps": [STEP] * 3})
    assert gradient_step.look(SEVEN) == plain


def test_a_step_with_overflow_still_gets_an_answer(gradient_step):
    """At huge rates numbers overflow; they are null in JSON."""
    answer = gradient_step.look(SEVEN | {"label": 1, "steps": [STEP | {"lr": 1e38}] * MAX_STEPS})
    assert set(answer) == {"digit", "label", "others", "rates", "before", "after", "parts"}
    json.dumps(answer, allow_nan=False)


def test_a_rate_may_be_a_large_whole_number(gradient_step):
    whole, same = (gradient_step.look(SEVEN | {"label": 1, "steps": [STEP | {"lr": lr}]}) for lr in (2**64, 2.0**64))
    assert whole == same


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (SEVEN | {"label": 10}, "label must be a whole number from 0 to 9"),
        (SEVEN | {"optimizer": "lion"}, "optimizer must be one of"),
        (SEVEN | {"optimizer": ["sgd"]}, "optimizer must be one of"),
        (SEVEN | {"steps": [STEP] * (MAX_STEPS + 1)}, f"at most {MAX_STEPS}"),
        (SEVEN | {"steps": "many"}, "steps must be a list"),
        (SEVEN | {"steps": [STEP | {"lr": -1}]}, "lr must be"),
        (SEVEN | {"steps": [STEP | {"lr": 10**400}]}, "lr must be"),
        (SEVEN | {"steps": [{"lr": 0.1}]}, "a step must have"),
        (SEVEN | {"steps": [STEP | {"label": None}]}, "label must be"),
        (SEVEN | {"model": "nobody"}, EXPIRED),
        ({"strokes": []}, ""),
        ([], "expected a drawing"),
    ],
)
def test_an_impossible_step_gets_an_error_sentence(gradient_step, payload, message):
    answer = gradient_step.look(payload)
    assert list(answer) == ["error"]
    assert answer["error"]
    assert message in answer["error"]
