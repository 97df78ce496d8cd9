"""Diagnosis of a training run in sentences.

Each rule claims only what follows from the numbers in its sentence: means are compared by their standard errors, and a
learning rate is called too low only if no parameter can have moved. Advice is marked as advice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite

from train.config import TrainConfig
from train.diagnosis.finding import Finding
from train.diagnosis.no_learning import find_no_learning, lower_rate, round_rate
from train.diagnosis.statistics import (
    MIN_POINTS,
    STANDARD_ERRORS,
    TrainPoint,
    ValPoint,
    after_warmup,
    mean_loss,
    standard_error,
    training_scores,
)
from vit.config import ViTConfig

ACCURACY_GAP = 0.03  # least difference of training and validation accuracy that is reported
LOW_ACCURACY = 0.8  # validation accuracy; below it the finding begins with the accuracy
LOSS_RISE = 1.1  # of the validation loss, as a multiple of its minimum
FLAT_SHARE = 0.05  # change of a flat loss, as a share of it
LOW_LOSS = 0.05  # nats; a lower loss need not fall any further
AUGMENTATION = {"rotation": 8.0, "scale": 0.08, "shear": 0.1, "shift": 1.5}  # of the recipe `fast`


def diagnose(
    history: Sequence[TrainPoint],
    val_points: Sequence[ValPoint],
    config: TrainConfig,
    model: ViTConfig,
    *,
    failed: str = "",
    since: int = 0,
) -> list[Finding]:
    """Find what is wrong with a training, worst first; an empty list if nothing is.

    Args:
        history: points of the training curve in order; may be thinned.
        val_points: points of the validation curve, one an epoch; empty without validation set.
        config, model: current settings.
        failed: message of the `DivergedError` that ended the training, if any.
        since: step of the last change of the settings; earlier points are not used.
    """
    lost = find_lost(history, config, failed)
    if lost or not history:  # with short epochs, validation points may come before the first point of a thinned curve
        return [lost] if lost else []
    points = [point for point in after_warmup(history, config) if point.step > since]
    rules = [find_no_learning(history, points, config, model)] if not config.distill else []
    recent = [check for check in val_points if check.step > since]
    findings = [
        *rules,
        find_overfitting(history, val_points, recent, config),
        compare_accuracies(history, val_points, recent, config, model),
    ]
    if not any(findings):
        findings.append(find_plateau(points, recent, config))
    return [finding for finding in findings if finding]


def find_lost(history: Sequence[TrainPoint], config: TrainConfig, failed: str) -> Finding | None:
    """Find a loss or weights that are not finite."""
    match = re.match(r"the (?:loss became|parameters are no longer finite)[^:]*", failed)
    claim = match[0] if match else ""
    if not match and history and not isfinite(history[-1].loss):
        claim = f"the loss became {history[-1].loss} by step {history[-1].step}"
    if not claim:
        return None
    lr = lower_rate(config, 10)
    advice = f"This model cannot recover. Start again with a lower learning rate: try {lr:g} instead of {config.lr:g}."
    return Finding("lost", "warning", f"{claim[0].upper()}{claim[1:]}.", advice, {"lr": lr})


def find_overfitting(
    history: Sequence[TrainPoint],
    val_points: Sequence[ValPoint],
    recent: Sequence[ValPoint],
    config: TrainConfig,
) -> Finding | None:
    """Find overfitting in two epochs: training accuracy far above validation accuracy, and a higher validation loss."""
    if len(recent) < 2 or len(val_points) < 3 or not config.val_size:
        return None
    best = min(val_points, key=lambda check: check.loss)
    train_scores = [training_scores(history, val_points, check) for check in val_points[-2:]]
    gaps = [
        train_accuracy - check.accuracy
        > max(ACCURACY_GAP, STANDARD_ERRORS * standard_error(check.accuracy, config.val_size))
        for (_, train_accuracy), check in zip(train_scores, val_points[-2:], strict=True)
    ]
    risen = all(check.loss > LOSS_RISE * best.loss for check in val_points[-2:])
    if not (all(gaps) and risen and train_scores[-1][0] < training_scores(history, val_points, best)[0]):
        return None
    last = val_points[-1]
    claim = (
        f"Training digits are read {train_scores[-1][1]:.1%} right, held-out ones {last.accuracy:.1%}; "
        f"the loss on those has risen from {best.loss:.2f} to {last.loss:.2f}, while that on training digits fell."
    )
    if config.augments:
        advice = "The model learns its digits by heart. More training digits, or a smaller model, would help."
        return Finding("overfitting", "warning", claim, advice)
    advice = "The model learns its digits by heart. Turn, move and slant them a little, so that none comes twice alike."
    return Finding("overfitting", "warning", claim, advice, dict(AUGMENTATION))


def compare_accuracies(
    history: Sequence[TrainPoint],
    val_points: Sequence[ValPoint],
    recent: Sequence[ValPoint],
    config: TrainConfig,
    model: ViTConfig,
) -> Finding | None:
    """Explain a training accuracy below the validation accuracy: training digits are made harder.

    If the validation accuracy is low, the finding says that first.
    """
    harder = (
        ("varied", config.augments),
        ("seen with patches missing", config.patch_dropout),
        ("read with dropout", model.dropout),
    )
    ways = [way for way, is_on in harder if is_on]
    if not recent or len(val_points) < 2 or not ways or not config.val_size:
        return None
    train_scores, last = training_scores(history, val_points, val_points[-1])[1], val_points[-1]
    if last.accuracy - train_scores < max(
        ACCURACY_GAP / 3, STANDARD_ERRORS * standard_error(last.accuracy, config.val_size)
    ):
        return None
    why = f"training digits are {' and '.join(ways)}, and counted while the model still learns"
    if last.accuracy < LOW_ACCURACY:
        claim = f"The model reads only {last.accuracy:.1%} of the held-out digits right."
        advice = f"More epochs or more images may help. Training digits are read {train_scores:.1%} right: {why}."
        return Finding("low", "note", claim, advice)
    claim = f"Training digits are read {train_scores:.1%} right, held-out ones {last.accuracy:.1%}."
    return Finding("bent", "note", claim, f"That is no fault: {why}.")


def find_plateau(points: Sequence[TrainPoint], recent: Sequence[ValPoint], config: TrainConfig) -> Finding | None:
    """Find a plateau at a constant rate: the loss in the last third of the steps is that of the third before."""
    third = len(points) // 3
    if config.schedule != "constant" or third < 2 * MIN_POINTS or len(recent) < 3:
        return None
    before, last = mean_loss(points[-2 * third : -third]), mean_loss(points[-third:])
    change = last - before
    flat = change.value > -2 * change.error and abs(change.value) + 2 * change.error < FLAT_SHARE * before.value
    middle = points[-third].step
    early, late = ([check.loss for check in recent if (check.step > middle) == is_late] for is_late in (False, True))
    if not flat or last.value < LOW_LOSS or not early or not late or min(late) < (1 - FLAT_SHARE) * min(early):
        return None
    lr = round_rate(config.lr / 3)
    claim = f"The loss has been {last} over the last {points[-1].step - middle} steps, and {before} before that."
    advice = f"At a constant learning rate it may fall no further. Try a third of it, {lr:g}."
    return Finding("plateau", "note", claim, advice, {"lr": lr})
