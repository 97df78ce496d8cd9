"""Accuracy on pictures of test digits as people make them: `python -m train.evaluation.pictures`.

Each kind of `train.synthetic.picture_kinds` shows the same test digits. In a picture with several digits, the right
number of digits must be found. A picture without a digit must be refused (an error) or doubted (called out of
distribution).
"""

from __future__ import annotations

import sys
import zlib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.random import Generator, default_rng
from tqdm import tqdm

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.fit_ood import extract, ood_scores
from train.evaluation.robustness import sample_digits
from train.synthetic.cluttered_pictures import WITHOUT_DIGIT
from train.synthetic.picture_kinds import BLOCKS, NO_ONES, ONE_DIGIT, SEVERAL, side_by_side
from vit import checkpoint
from vit.calibration import Calibration
from vit.config import check_whole
from vit.ink.digits import digits_of_ink
from vit.ink.image import prepare_image, segment_ink
from vit.model import VisionTransformer
from vit.validation import check_choice

IMAGES = 1000  # pictures of each kind
SEED = 30_000  # it decides each picture, with the kind and the number of the picture
CLOSE, ROUGH = 0.005, 0.015  # aims: largest loss of accuracy against clean pictures
ROUGH_KINDS = ("stretched", "photographed")  # kinds whose aim is ROUGH
LEAST = 0.95  # aim for other pictures: least share with the right number of digits, or refused or doubted

Read = tuple[list[int], bool]  # the digits that were read, from left to right, and whether one of them is doubted
Model = tuple[VisionTransformer, Calibration | None]
Ink = tuple[np.ndarray, tuple[int, ...]]  # (H, W) in [0, 1], and the shape of the picture


def generators(kind: str, count: int) -> Iterator[Generator]:
    """Return a random generator for each of `count` pictures of a kind."""
    return (default_rng([SEED, zlib.crc32(kind.encode()), index]) for index in range(count))


def one_digit(kind: str, digits: Digits) -> list[np.ndarray]:
    """Make one picture of this kind for each digit."""
    pairs = zip(digits.images.numpy(), generators(kind, len(digits)), strict=True)
    make = (ONE_DIGIT | BLOCKS)[kind]
    return [make(image, random) for image, random in pairs]


def several_digits(kind: str, digits: Digits) -> tuple[list[np.ndarray], list[list[int]]]:
    """Make pictures of digits side by side, one for each digit with the next ones; return them with their labels."""
    (count, touching), images, labels = SEVERAL[kind], digits.images.numpy(), digits.labels.tolist()
    groups = [[(index + step) % len(digits) for step in range(count)] for index in range(len(digits))]
    pairs = zip(groups, generators(kind, len(digits)), strict=True)
    pictures = [side_by_side([images[at] for at in group], random, touching) for group, random in pairs]
    return pictures, [[labels[at] for at in group] for group in groups]


def read_pictures(pictures: Sequence[np.ndarray], models: Mapping[str, Model]) -> dict[str, list[Read]]:
    """Read pictures (H, W) or (H, W, C) with models; a refused picture has no digits."""
    inks = [find_ink(picture) for picture in pictures]  # the same for all models
    return {name: read_inks(inks, model) for name, model in models.items()}


def find_ink(picture: np.ndarray) -> Ink | None:
    """Segment the ink of a picture; None if it is refused."""
    try:
        return segment_ink(prepare_image(picture)), picture.shape
    except ValueError:
        return None


def read_inks(inks: Sequence[Ink | None], model: Model) -> list[Read]:
    """Read the ink of pictures with a model."""
    segmented = [digit_images(ink, model) if ink else [] for ink in inks]
    images = [image for some in segmented for image in some]
    if not images:
        return [([], False)] * len(inks)
    outputs = extract(model[0], torch.from_numpy(np.stack(images)))
    digits = outputs.logits.argmax(dim=-1).tolist()
    doubted = ood_scores(model[1], outputs) > model[1].threshold if model[1] else torch.zeros(len(images))
    pairs = iter(zip(digits, doubted.tolist(), strict=True))
    read = [[next(pairs) for _ in some] for some in segmented]
    return [([digit for digit, _ in some], any(doubt for _, doubt in some)) for some in read]


def digit_images(ink: Ink, model: Model) -> list[np.ndarray]:
    """Find the digits (28, 28) in the ink of a picture; none if it is a dot."""
    network, calibration = model
    score = partial((calibration or Calibration()).ood_scores, network)
    try:
        return [digit.image for digit in digits_of_ink(*ink, score)]
    except ValueError:
        return []


def summarize(read: Sequence[Read], labels: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Summarize what was read of pictures with these labels, as shares in [0, 1].

    Returns:
        The number of `pictures`, and the shares that were read `right`, have the right number of digits (`counted`),
        were `refused`, were read but `doubted`, and are `safe`: right, refused or doubted.
    """
    count = len(read)
    pairs = list(zip(read, labels, strict=True))
    return {
        "pictures": count,
        "right": sum(digits == list(label) for (digits, _), label in pairs) / count,
        "counted": sum(len(digits) == len(label) for (digits, _), label in pairs) / count,
        "refused": sum(not digits for digits, _ in read) / count,
        "doubted": sum(bool(digits) and doubt for digits, doubt in read) / count,
        "safe": sum(doubt or not digits or digits == list(label) for (digits, doubt), label in pairs) / count,
    }


def with_aim(kind: str, row: dict[str, Any], clean: float | None) -> dict[str, Any]:
    """Add to the summary of a kind whether its aim is reached, and for one digit the difference to clean pictures.

    Args:
        clean: share of clean pictures that were read right; None if they were not measured.
    """
    if kind in ONE_DIGIT:
        away = row["right"] - (row["right"] if clean is None else clean)
        least = -(ROUGH if kind.startswith(ROUGH_KINDS) else CLOSE)
        return {**row, "difference": away, "reached": away >= least - 1e-9}
    if kind in WITHOUT_DIGIT or kind in BLOCKS:
        return {**row, "reached": row["safe"] >= LEAST}
    _, may_be_refused = SEVERAL[kind]
    return {**row, "reached": row["counted"] + may_be_refused * row["refused"] >= LEAST}


def tables(name: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables in Markdown of one model's summaries, by kind."""
    columns: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "read right": lambda row: f"{row['right']:.1%}",
        "counted right": lambda row: f"{row['counted']:.1%}",
        "refused": lambda row: f"{row['refused']:.1%}",
        "doubted": lambda row: f"{row['doubted']:.1%}",
        "to clean, points": lambda row: f"{100 * row['difference']:+.1f}",
        "aim reached": lambda row: "yes" if row["reached"] else "no",
    }
    parts = [
        ("one digit", ONE_DIGIT, ("read right", "refused", "doubted", "to clean, points", "aim reached")),
        ("several digits", SEVERAL, ("counted right", "read right", "refused", "doubted", "aim reached")),
        ("a block", BLOCKS, ("read right", "refused", "doubted", "aim reached")),
        ("no digit", WITHOUT_DIGIT, ("refused", "doubted", "aim reached")),
    ]
    return "\n\n".join(
        grid(
            [f"{name}: {title}", *heads],
            ([kind, *(columns[head](rows[kind]) for head in heads)] for kind in kinds if kind in rows),
        )
        for title, kinds, heads in parts
        if kinds.keys() & rows.keys()
    )


def pictures_of(kind: str, digits: Digits) -> tuple[list[np.ndarray], list[list[int]]]:
    """Make the pictures of a kind; return them with the digits in each."""
    if kind in SEVERAL:
        return several_digits(kind, digits)
    if kind in WITHOUT_DIGIT:
        return [WITHOUT_DIGIT[kind](random) for random in generators(kind, len(digits))], [[]] * len(digits)
    if kind in NO_ONES or kind in BLOCKS:
        digits = digits.subset((digits.labels == 1) == (kind in BLOCKS))
    return one_digit(kind, digits), [[label] for label in digits.labels.tolist()]


def measure(models: Mapping[str, Model], digits: Digits, kinds: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """Measure models on kinds of pictures of these digits, by default all: model -> kind -> summary."""
    results: dict[str, dict[str, Any]] = {name: {} for name in models}
    chosen = [kind for kind in all_kinds() if not kinds or kind in ("clean", *kinds)]
    for kind in tqdm(chosen, unit=" kinds", leave=False, disable=None):
        pictures, labels = pictures_of(kind, digits)
        if not pictures:  # a few digits may have no 1 among them
            continue
        for name, read in read_pictures(pictures, models).items():
            row = summarize(read, labels)
            clean = results[name].get("clean", row)["right"]
            results[name][kind] = with_aim(kind, row, clean)
    return results


def all_kinds() -> tuple[str, ...]:
    """Names of all kinds of pictures."""
    return (*ONE_DIGIT, *SEVERAL, *BLOCKS, *WITHOUT_DIGIT)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how models read pictures of test digits: cut, framed, stretched, photographed and so on."
    parser = new_parser("python -m train.evaluation.pictures", description, "models", "data", "json", "threads")
    parser.add_argument("--images", type=int, default=IMAGES, metavar="N", help="of each kind (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", default=(), metavar="KIND", help="only these, and clean (default: all)")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Make the pictures, measure every model, and print the tables."""
    check_whole("images", args.images, 1)
    for kind in args.kinds:
        check_choice("kinds", kind, all_kinds())
    names = args.models or checkpoint.shipped()
    models = {name: (checkpoint.load(name), checkpoint.read_calibration(name)) for name in names}
    digits = sample_digits(load("test", args.data, tqdm_progress()), args.images)
    results = measure(models, digits, args.kinds)
    print("\n\n".join(tables(name, rows) for name, rows in results.items()))
    return {"images": len(digits), "seed": SEED, "models": results}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv, (ImportError,))


if __name__ == "__main__":
    sys.exit(main())
