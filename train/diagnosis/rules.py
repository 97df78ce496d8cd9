"""What goes wrong in a training, in words.

Few rules. Each claims only what follows from the numbers in its sentence: means are told from one another by their
standard errors, and a rate is called too low where no parameter can have moved. What to try is advice, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log, log10, sqrt
from typing import Literal

from train.config import FAST, RECIPES, TrainConfig
from train.diagnosis.statistics import Held, Mean, Seen, doubt, learned, mean, settled, travelled, trend
from vit.config import ViTConfig

GOOD_LR = {"adam": RECIPES["blog"].training.lr, "muon": FAST.lr}  # with which the recipes learn
FEWEST, MOST = 8, 60  # points of a window
# Steps after which a word is due: on a loss far above chance level; at it, with weights that stay; at it for all else.
SOON, LATER, LATEST = 20, 60, 120
NEAR, FAR = 0.05, 0.5  # nats from chance level: no better than guessing, far worse
SURE = 4.0  # standard errors
UNMOVED = 0.01  # by which a weight may have moved and still be where it was: weights begin at about 0.1
GAP = 0.03  # between accuracies
FAIR = 0.8  # accuracy on held-out digits, below which the first thing to say is that it is low
WORSE = 1.1  # a held-out loss that has risen, as a multiple of the lowest
FLAT = 0.05  # a loss that stays, as a share of it
LOW = 0.05  # nats: a loss that need not fall any further
BENDS = {"rotation": 8.0, "scale": 0.08, "shear": 0.1, "shift": 1.5}  # those of the recipe `fast`
# Adam's step divides a mean of gradients by the root of a mean of their squares. By Cauchy and Schwarz that is at most
# (1 - b1) / sqrt((1 - b2) (1 - b1**2 / b2)): this for b1 = 0.9 and b2 = 0.999, and for AdamW's 0.98 beside Muon.
ADAM_REACH, ADAMW_REACH = 7.3, 1.7
MUON_REACH = 0.25  # times the root of a matrix's longer side: its singular values are about 1, times 0.2


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed.

    Attributes:
        kind: `lost`, `idle`, `diverging`, `stuck`, `overfitting`, `bent`, `low` or `plateau`.
        level: `note` where nothing is wrong.
        claim: a fact, with its numbers.
        advice: what to try.
        change: settings and the values to try, for the running training, or the next where this one has ended; None
            where no setting helps.
    """

    kind: str
    level: Literal["warning", "note"]
    claim: str
    advice: str
    change: dict[str, float] | None = None


def diagnose(
    history: Sequence[Seen],
    held: Sequence[Held],
    config: TrainConfig,
    model: ViTConfig,
    *,
    failed: str = "",
    since: int = 0,
) -> list[Finding]:
    """Say what is wrong with a training, the worst first; nothing where nothing is.

    Args:
        history: of the training batches, in order; may be thinned.
        held: of the held-out images, once an epoch; empty where none are held out.
        config, model: what is trained and how, as it is now.
        failed: what a `DivergedError` said, if the training has ended with one.
        since: step after which the settings have been as they are; what came before says nothing about them.
    """
    lost = is_lost(history, config, failed)
    if lost:
        return [lost]
    points = [point for point in settled(history, config) if point.step > since]
    rules = [learns_nothing(history, points, config, model)] if not config.distill else []
    checks = [check for check in held if check.step > since]
    found = [*rules, overfits(history, held, checks, config), bends(history, held, checks, config, model)]
    if not any(found):
        found.append(stays(points, checks, config))
    return [finding for finding in found if finding]


def is_lost(history: Sequence[Seen], config: TrainConfig, failed: str) -> Finding | None:
    """Tell whether the loss or the weights have become no numbers."""
    told = re.match(r"the (?:loss became|parameters are no longer finite)[^:]*", failed)
    claim = told[0] if told else ""
    if not told and history and not isfinite(history[-1].loss):
        claim = f"the loss became {history[-1].loss} by step {history[-1].step}"
    if not claim:
        return None
    lr = lower(config, 10)
    advice = f"This model cannot be mended. Start anew with a lower learning rate: try {lr:g} instead of {config.lr:g}."
    return Finding("lost", "warning", f"{claim[0].upper()}{claim[1:]}.", advice, {"lr": lr})


def learns_nothing(
    history: Sequence[Seen], points: Sequence[Seen], config: TrainConfig, model: ViTConfig
) -> Finding | None:
    """Compare the loss with that of blind guessing, ln K, and say why it is no better as far as that is known."""
    recent = points[len(points) // 2 :][-MOST:]
    if len(recent) < FEWEST or points[-1].step - points[0].step < SOON:
        return None
    loss, chance, change = mean(recent), log(model.num_classes), trend(recent)
    steps, waited = points[-1].step - recent[0].step + 1, points[-1].step - points[0].step
    moved = reach(config, model) * travelled(history)
    said = f"Over the last {steps} steps the loss was {loss} on average"
    if loss.value < chance - NEAR:
        return None
    if moved < UNMOVED:
        return idle(said, chance, moved, config) if waited >= LATER else None
    if loss.value - SURE * loss.error > chance + FAR:
        return diverging(said, chance, change, config)
    falls = change.value < -2 * change.error
    return stuck(said, chance, config) if waited >= LATEST and not falls else None


def idle(said: str, chance: float, moved: float, config: TrainConfig) -> Finding:
    """The rate is so low that the weights are where they were."""
    most = f"no parameter can have moved by more than {above(moved):g}"
    claim = f"{said}, no better than blind guessing ({chance:.2f}), and {most}."
    lr = GOOD_LR[config.optimizer]
    advice = f"The learning rate, {config.lr:g}, is too low to do anything in so many steps. Try {lr:g}."
    return Finding("idle", "warning", claim, advice, {"lr": lr})


def diverging(said: str, chance: float, rise: Mean, config: TrainConfig) -> Finding:
    """The loss is far above that of guessing."""
    lr = lower(config, 3)
    more = " and rising" if rise.value > 3 * rise.error else ""
    claim = f"{said}{more}: far worse than blind guessing ({chance:.2f})."
    advice = (
        f"Such steps overshoot. Try a learning rate of {lr:g} instead of {config.lr:g}; if that does not help within "
        "some hundred steps, start anew with it."
    )
    return Finding("diverging", "warning", claim, advice, {"lr": lr})


def stuck(said: str, chance: float, config: TrainConfig) -> Finding:
    """The loss is that of guessing and is not seen to fall, though the weights could move."""
    claim = f"{said}, no better than blind guessing ({chance:.2f})."
    usual = GOOD_LR[config.optimizer]
    slow = config.lr < usual / 3
    lr = usual if slow else lower(config, 10)
    advice = f"The learning rate may be too {'low' if slow else 'high'}: try {lr:g} instead of {config.lr:g}."
    if not slow:
        advice += " If that does not help within some hundred steps, start anew with it."
    return Finding("stuck", "warning", claim, advice, {"lr": lr})


def overfits(
    history: Sequence[Seen], held: Sequence[Held], checks: Sequence[Held], config: TrainConfig
) -> Finding | None:
    """Twice in a row: training digits are read far better than held-out ones, on which the loss has risen."""
    if len(checks) < 2 or len(held) < 3 or not config.val_size:
        return None
    best = min(held, key=lambda check: check.loss)
    taught = [learned(history, held, check) for check in held[-2:]]
    apart = [
        told - check.accuracy > max(GAP, SURE * doubt(check.accuracy, config.val_size))
        for (_, told), check in zip(taught, held[-2:], strict=True)
    ]
    risen = all(check.loss > WORSE * best.loss for check in held[-2:])
    if not (all(apart) and risen and taught[-1][0] < learned(history, held, best)[0]):
        return None
    last = held[-1]
    claim = (
        f"Training digits are read {taught[-1][1]:.1%} right, held-out ones {last.accuracy:.1%}; "
        f"the loss on those has risen from {best.loss:.2f} to {last.loss:.2f}, while that on training digits fell."
    )
    if config.augments:
        advice = "The model learns its digits by heart. More training digits, or a smaller model, would help."
        return Finding("overfitting", "warning", claim, advice)
    advice = "The model learns its digits by heart. Turn, move and slant them a little, so that none comes twice alike."
    return Finding("overfitting", "warning", claim, advice, dict(BENDS))


def bends(
    history: Sequence[Seen], held: Sequence[Held], checks: Sequence[Held], config: TrainConfig, model: ViTConfig
) -> Finding | None:
    """Training digits are read worse than held-out ones because they are made harder.

    That is no fault, but a model that reads few digits is not to be called faultless, so its accuracy comes first.
    """
    harder = (
        ("varied", config.augments),
        ("seen with patches missing", config.patch_dropout),
        ("read with dropout", model.dropout),
    )
    ways = [way for way, is_on in harder if is_on]
    if not checks or len(held) < 2 or not ways or not config.val_size:
        return None
    taught, last = learned(history, held, held[-1])[1], held[-1]
    if last.accuracy - taught < max(GAP / 3, SURE * doubt(last.accuracy, config.val_size)):
        return None
    why = f"training digits are {' and '.join(ways)}, and counted while the model still learns"
    if last.accuracy < FAIR:
        claim = f"The model reads only {last.accuracy:.1%} of the held-out digits right."
        advice = f"More epochs or more images may help. Training digits are read {taught:.1%} right: {why}."
        return Finding("low", "note", claim, advice)
    claim = f"Training digits are read {taught:.1%} right, held-out ones {last.accuracy:.1%}."
    return Finding("bent", "note", claim, f"That is no fault: {why}.")


def stays(points: Sequence[Seen], checks: Sequence[Held], config: TrainConfig) -> Finding | None:
    """At a constant rate, the loss is as high in the last third of the steps as in the third before."""
    third = len(points) // 3
    if config.schedule != "constant" or third < 2 * FEWEST or len(checks) < 3:
        return None
    before, last = mean(points[-2 * third : -third]), mean(points[-third:])
    change = last - before
    flat = change.value > -2 * change.error and abs(change.value) + 2 * change.error < FLAT * before.value
    middle = points[-third].step
    early, late = ([check.loss for check in checks if (check.step > middle) == is_late] for is_late in (False, True))
    if not flat or last.value < LOW or not early or not late or min(late) < (1 - FLAT) * min(early):
        return None
    lr = rounded(config.lr / 3)
    claim = f"The loss has been {last} over the last {points[-1].step - middle} steps, and {before} before that."
    advice = f"At a constant learning rate it may fall no further. Try a third of it, {lr:g}."
    return Finding("plateau", "note", claim, advice, {"lr": lr})


def reach(config: TrainConfig, model: ViTConfig) -> float:
    """Return by how much at most one step of rate 1 moves a weight that is not above 1."""
    if config.optimizer == "adam":
        return ADAM_REACH
    longest = max(model.embed_dim, model.mlp_dim)
    return max(ADAMW_REACH, MUON_REACH * sqrt(longest)) + config.weight_decay


def lower(config: TrainConfig, factor: float) -> float:
    """Return a lower rate: by `factor`, or that of the recipes where it is lower still."""
    return rounded(min(config.lr / factor, GOOD_LR[config.optimizer]))


def above(value: float) -> float:
    """Return the next number above that has one digit."""
    unit = 10 ** floor(log10(value)) if value else 1
    return float(f"{ceil(value / unit) * unit:.0e}")


def rounded(value: float) -> float:
    """Return a number with two digits, as people type it."""
    return float(f"{value:.1e}")
