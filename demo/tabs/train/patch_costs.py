"""Section "Why patches, and not pixels?": measure what patches of each size cost, as a table and a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import gradio as gr
import numpy as np
from matplotlib.figure import Figure

from demo.tabs.train.plan import recipe_of
from demo.training.training_queue import Jobs
from train.evaluation.patch_costs import PATCH_SIZES, Cost, costs_table, patch_costs

INTRO = """
Every token attends to every token: n tokens cost n². 16 patches make 17 tokens, single pixels would make 785. You can
measure the difference: one training step on one image, with patches of 14, 7, 4, 2 and 1 pixels.
"""


def measure(jobs: Jobs, base: str, *settings: object) -> Iterator[tuple[str, gr.Plot]]:
    """Measure the costs of this model with each patch size; yield the table and the figure after each."""
    costs: list[Cost] = []
    try:
        model = recipe_of(base, *settings).model
        for size in PATCH_SIZES:
            with jobs.alone() as free:
                if not free:
                    raise ValueError("a training runs, so times would be wrong; try again when it has ended")
                costs += patch_costs(model, [size], seconds=2.0)
            yield costs_table(costs), gr.Plot(draw(costs), visible=True)
    except ValueError as error:
        raise gr.Error(f"Not measured: {error}.", print_exception=False) from None


def draw(costs: Sequence[Cost]) -> Figure:
    """Plot time, memory and parameters over the number of tokens, as multiples of the first."""
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    tokens = np.array([cost.num_tokens for cost in costs])
    lines = {"time for one image": "seconds", "memory": "bytes", "parameters": "num_params"}
    for (label, name), marker in zip(lines.items(), "os^", strict=True):
        values = np.array([getattr(cost, name) or np.nan for cost in costs], dtype=float)
        axes.plot(tokens, values / values[0], marker=marker, label=label)
    axes.plot(tokens, (tokens / tokens[0]) ** 2, "k:", label="n²")
    axes.set(xscale="log", yscale="log", xlabel="patches, and cls", ylabel=f"times that of {tokens[0] - 1} patches")
    axes.set_xticks(tokens, [f"{count - 1:,}" for count in tokens])
    axes.minorticks_off()
    axes.legend(frameon=False)
    return figure
