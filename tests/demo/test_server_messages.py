"""Test that the page knows the form of each sentence that Python completes with values, so that it can translate it."""

import re
from dataclasses import replace

import pytest

from demo.training.cost import check
from demo.training.messages import accuracy_message, count, look_for, waiting_message
from tests.demo.messages import DEMO, LITERAL, text_of
from train.config import recipe
from train.diagnosis import no_learning, rules
from train.diagnosis.statistics import MeanLoss

FAST = recipe("fast")
OBSERVED = "Over the last 60 steps the loss was 2.31 on average"


def pattern(form):
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(form)), re.DOTALL)


FORMS = [
    pattern(text_of(literal))
    for literal in re.findall(LITERAL, (DEMO / "web" / "server_messages.js").read_text(encoding="utf-8"))
    if literal != '"{reason}."'  # this form fits any sentence
]


def with_training(**changes):
    return replace(FAST, training=replace(FAST.training, **changes))


def refusal(too_much):
    with pytest.raises(ValueError, match="at most") as refused:
        check(too_much)
    return str(refused.value)


def is_known(sentence):
    return any(form.fullmatch(sentence) for form in FORMS)


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_waiting(ahead):
    assert is_known(waiting_message(ahead))


@pytest.mark.parametrize("accuracy", [0.972, 0.5, 0.11])
@pytest.mark.parametrize("images", ["validation images", "test images"])
def test_accuracy_and_counts(accuracy, images):
    assert is_known(accuracy_message(accuracy, 10, images))
    assert is_known(count(1, "epoch")) and is_known(count(1812, "step"))


@pytest.mark.parametrize("chosen", [{"without": (7,)}, {"without": (1, 7, 8)}, {"per_class": 100}])
def test_what_to_try(chosen):
    assert is_known(look_for(with_training(**chosen)))


def test_refusals():
    assert is_known(refusal(replace(FAST, model=replace(FAST.model, embed_dim=1024 * 6, depth=6))))
    assert is_known(refusal(with_training(epochs=5000)))


@pytest.mark.parametrize(
    "finding",
    [
        no_learning.rate_too_low(OBSERVED, 2.3, 0.001, FAST.training),
        no_learning.loss_above_chance(OBSERVED, 2.3, MeanLoss(1, 0.01), FAST.training),
        no_learning.loss_above_chance(OBSERVED, 2.3, MeanLoss(0, 0.01), FAST.training),
        no_learning.loss_at_chance(OBSERVED, 2.3, FAST.training),
        no_learning.loss_at_chance(OBSERVED, 2.3, replace(FAST.training, lr=1e-5)),
        rules.find_lost([], FAST.training, "the loss became nan at step 12: try a lower learning rate"),
    ],
)
def test_findings(finding):
    assert is_known(finding.claim) and is_known(finding.advice)
