"""Diagnosis of a training that learns nothing: its loss is no better than that of guessing."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log, log10, sqrt

from train.config import FAST, RECIPES, TrainConfig
from train.diagnosis.finding import Finding
from train.diagnosis.statistics import (
    MIN_POINTS,
    STANDARD_ERRORS,
    MeanLoss,
    TrainPoint,
    loss_change,
    mean_loss,
    total_learning_rate,
)
from vit.config import ViTConfig

GOOD_LR = {"adam": RECIPES["blog"].training.lr, "muon": FAST.lr}  # by optimizer, from the recipes
MAX_POINTS = 60  # of a window of the curve, at most
MIN_STEPS = 20  # before a loss far above chance level is reported
IDLE_STEPS = 60  # before a loss at chance level with unmoved weights is reported
STUCK_STEPS = 120  # before any other loss at chance level is reported
NEAR_CHANCE, FAR_FROM_CHANCE = 0.05, 0.5  # nats from chance level
MIN_MOVE = 0.01  # of a weight, to count as moved; weights begin at about 0.1
# Largest move of a weight in one step, with learning rate 1. Adam divides a mean of gradients by the root of a mean of
# their squares; by Cauchy and Schwarz that is at most (1 - b1) / sqrt((1 - b2) (1 - b1**2 / b2)). The first value is
# for Adam with b1 = 0.9 and b2 = 0.999, the second for AdamW beside Muon with b2 = 0.98.
ADAM_REACH, ADAMW_REACH = 7.3, 1.7
MUON_REACH = 0.25  # times the root of a matrix's longer side: its singular values are about 1, times 0.2


def find_no_learning(
    history: Sequence[TrainPoint], points: Sequence[TrainPoint], config: TrainConfig, model: ViTConfig
) -> Finding | None:
    """Compare the loss with that of guessing, ln K, and find the reason if it is no better."""
    recent = points[len(points) // 2 :][-MAX_POINTS:]
    if len(recent) < MIN_POINTS or points[-1].step - points[0].step < MIN_STEPS:
        return None
    loss, chance, change = mean_loss(recent), log(model.num_classes), loss_change(recent)
    steps, waited = points[-1].step - recent[0].step + 1, points[-1].step - points[0].step
    distance = max_step(config, model) * total_learning_rate(history)
    observation = f"Over the last {steps} steps the loss was {loss} on average"
    if loss.value < chance - NEAR_CHANCE:
        return None
    if distance < MIN_MOVE:
        return rate_too_low(observation, chance, distance, config) if waited >= IDLE_STEPS else None
    if loss.value - STANDARD_ERRORS * loss.error > chance + FAR_FROM_CHANCE:
        return loss_above_chance(observation, chance, change, config)
    is_falling = change.value < -2 * change.error
    return loss_at_chance(observation, chance, config) if waited >= STUCK_STEPS and not is_falling else None


def rate_too_low(observation: str, chance: float, distance: float, config: TrainConfig) -> Finding:
    """Finding: the learning rate is so low that the weights have not moved."""
    most = f"no parameter can have moved by more than {round_up(distance):g}"
    claim = f"{observation}, no better than blind guessing ({chance:.2f}), and {most}."
    lr = GOOD_LR[config.optimizer]
    advice = f"The learning rate, {config.lr:g}, is too low for this number of steps. Try {lr:g}."
    return Finding("idle", "warning", claim, advice, {"lr": lr})


def loss_above_chance(observation: str, chance: float, rise: MeanLoss, config: TrainConfig) -> Finding:
    """Finding: the loss is far above that of guessing."""
    lr = lower_rate(config, 3)
    more = " and rising" if rise.value > 3 * rise.error else ""
    claim = f"{observation}{more}: far worse than blind guessing ({chance:.2f})."
    advice = (
        f"Such steps overshoot. Try a learning rate of {lr:g} instead of {config.lr:g}; if that does not help within "
        "some hundred steps, start again with it."
    )
    return Finding("diverging", "warning", claim, advice, {"lr": lr})


def loss_at_chance(observation: str, chance: float, config: TrainConfig) -> Finding:
    """Finding: the loss is that of guessing and does not fall, though the weights could move."""
    claim = f"{observation}, no better than blind guessing ({chance:.2f})."
    usual = GOOD_LR[config.optimizer]
    slow = config.lr < usual / 3
    lr = usual if slow else lower_rate(config, 10)
    advice = f"The learning rate may be too {'low' if slow else 'high'}: try {lr:g} instead of {config.lr:g}."
    if not slow:
        advice += " If that does not help within some hundred steps, start again with it."
    return Finding("stuck", "warning", claim, advice, {"lr": lr})


def max_step(config: TrainConfig, model: ViTConfig) -> float:
    """Largest move of a weight of at most 1 in one step with learning rate 1."""
    if config.optimizer == "adam":
        return ADAM_REACH
    longest = max(model.embed_dim, model.mlp_dim)
    return max(ADAMW_REACH, MUON_REACH * sqrt(longest)) + config.weight_decay


def lower_rate(config: TrainConfig, factor: float) -> float:
    """Learning rate that is lower by `factor`, or that of the recipes if it is lower still."""
    return round_rate(min(config.lr / factor, GOOD_LR[config.optimizer]))


def round_up(value: float) -> float:
    """Round up to one significant digit."""
    unit = 10 ** floor(log10(value)) if value else 1
    return float(f"{ceil(value / unit) * unit:.0e}")


def round_rate(value: float) -> float:
    """Round to two significant digits."""
    return float(f"{value:.1e}")
