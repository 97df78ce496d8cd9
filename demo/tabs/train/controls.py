"""Controls of the tab: the settings of a recipe that a visitor may choose.

The recipe checks the numbers, not Gradio, which would round them silently or report them without a name.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.tabs.train import preview
from demo.tabs.train.plan import NAMES, settings_of
from train.datasets import DATASETS

# Augmentation: the largest amount, the step of the slider, and what it does.
AMOUNTS = {
    "rotation": (30, 1, "degrees either way"),
    "scale": (0.4, 0.02, "larger or smaller, as a share"),
    "shear": (0.5, 0.05, "slant"),
    "aspect": (0.4, 0.05, "wider or higher"),
    "shift": (6, 0.5, "pixels either way"),
    "elastic": (4, 0.5, "bends, in pixels"),
    "thickness": (1, 0.1, "bolder or finer"),
}


def controls() -> tuple[dict[str, Any], gr.HTML]:
    """Build the controls by name, with the values of `fast`, and the preview of the augmentation."""
    value: dict[str, Any] = dict(zip(NAMES, settings_of("fast"), strict=True))
    built: dict[str, Any] = {}
    with gr.Row():
        with gr.Column(min_width=260):
            gr.Markdown("#### Architecture")
            built |= architecture(value)
        with gr.Column(min_width=260):
            gr.Markdown("#### Training")
            built |= training_controls(value)
    with gr.Row():
        with gr.Column(min_width=260):
            gr.Markdown("#### Data")
            built |= data_controls(value)
            shown = preview.build(None)
        with gr.Column(min_width=260):
            gr.Markdown("#### Augmentation")
            built |= augmentation(value)
    return built, shown


def augmentation(value: dict[str, Any]) -> dict[str, Any]:
    """Build the controls of the augmentation."""
    return {
        name: gr.Slider(0, most, value[name], step=step, label=name.capitalize(), info=info)
        for name, (most, step, info) in AMOUNTS.items()
    }


def architecture(value: dict[str, Any]) -> dict[str, Any]:
    """Build the controls of the architecture."""
    sizes = [(f"{(28 // side) ** 2} patches of {side}×{side} pixels", side) for side in (14, 7, 4, 2)]
    norms = [("before each part (pre)", "pre"), ("after it (post)", "post")]
    return {
        "patch_size": gr.Radio(sizes, value=value["patch_size"], label="Patch size"),
        "embed_dim": gr.Slider(16, 128, value["embed_dim"], step=8, label="Width (embed_dim)", info="numbers a token"),
        "depth": gr.Slider(1, 6, value["depth"], step=1, label="Depth", info="layers, one after another"),
        "num_heads": gr.Radio(
            [1, 2, 3, 4, 6, 8], value=value["num_heads"], label="Heads", info="must divide the width"
        ),
        "mlp_dim": gr.Slider(16, 2048, value["mlp_dim"], step=16, label="Feed-forward width (mlp_dim)"),
        "norm": gr.Radio(norms, value=value["norm"], label="Norm"),
        "pool": gr.Radio(
            [("the cls token", "cls"), ("the mean of the patches", "mean")],
            value=value["pool"],
            label="The answer is read from",
        ),
        "positions": gr.Radio(
            [("learned", "learned"), ("none", "none")],
            value=value["positions"],
            label="Positions",
            info="without them, the order of the patches does not matter",
        ),
        "dropout": gr.Slider(0, 0.5, value["dropout"], step=0.05, label="Dropout"),
    }


def training_controls(value: dict[str, Any]) -> dict[str, Any]:
    """Build the controls of the training."""
    return {
        "seconds": gr.Number(
            value["seconds"], label="Time limit in seconds", info="then epochs and images are chosen to fit; 0: none"
        ),
        "epochs": gr.Slider(1, 20, value["epochs"], step=1, label="Epochs", info="passes over the images"),
        "batch_size": gr.Radio(
            [32, 64, 128, 256, 512], value=value["batch_size"], label="Batch size", info="images a step"
        ),
        "optimizer": gr.Radio(
            [("Muon", "muon"), ("Adam", "adam")],
            value=value["optimizer"],
            label="Optimizer",
            info="Adam likes rates twenty times smaller",
        ),
        "lr": gr.Number(value["lr"], label="Peak learning rate", step=1e-4),
        "schedule": gr.Radio(
            [("down to zero", "linear"), ("constant", "constant")], value=value["schedule"], label="Schedule"
        ),
        "weight_decay": gr.Number(value["weight_decay"], label="Weight decay", step=0.001),
        "patch_dropout": gr.Slider(0, 1, value["patch_dropout"], step=0.05, label="Batches with patches missing"),
        "seed": gr.Number(value["seed"], label="Seed", info="the same seed repeats a training"),
    }


def data_controls(value: dict[str, Any]) -> dict[str, Any]:
    """Build the controls of the data."""
    sets = [(dataset.title, name) for name, dataset in DATASETS.items()]
    return {
        "dataset": gr.Dropdown(sets, value=value["dataset"], label="Data set", info="downloaded at its first use"),
        "per_class": gr.Number(0, label="Images of each class", info="0 takes all there are"),
        "without": gr.CheckboxGroup(classes("mnist"), value=[], label="Never show it", info="then draw one"),
    }


def classes(dataset: str) -> list[tuple[str, int]]:
    """Return the classes of a data set as choices: name and label."""
    return [(name, label) for label, name in enumerate(DATASETS[dataset].names)]
