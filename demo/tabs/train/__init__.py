"""Tab "Train": train your own transformer, watch it learn, and use it to read the drawing."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from demo.page import DIRECT, QUEUED, Shared
from demo.tabs.train import actions, begin, curves_view, form, gradient_step, history, live_view, plan, result, status
from demo.tabs.train.form import Form
from demo.tabs.train.gradient_step.server import MAX_STEPS, GradientStep
from demo.tabs.train.history.server import History
from demo.tabs.train.live_view.server import LiveView
from demo.training.watched_jobs import EXPIRE_SECONDS, IDLE_SECONDS, UNWATCHED_SECONDS

TITLE = "Train"
QUESTION = "Can you train a better one?"
TASK = "Train for 30 seconds, and watch the model read your drawing while it learns."
INTRO = f"""
## {QUESTION}

Press the button and watch a model learn to read, from nothing. Then change one thing, and train again.
"""
# What happens when the visitor leaves; it stands below the settings.
UNWATCHED = f"""
Training ends {IDLE_SECONDS:.0f} seconds after you close this page or your device goes to sleep. If you choose "Go on
while nobody looks", it goes on for up to {plan.duration(UNWATCHED_SECONDS)}, as long as nobody else waits for the
machine. The model is kept for {plan.duration(EXPIRE_SECONDS)} after that, or after you last looked.
"""


def build(shared: Shared) -> None:
    """Build the tab and its events. Views that follow a training are not shown before there is one."""
    gr.Markdown(INTRO, elem_classes="intro")
    experiments = begin.build()
    settings = form.build(shared)
    checkpoint = partial(actions.checkpoint, shared.jobs)
    live, runs = LiveView(shared.reader, shared.jobs), History(shared.reader, shared.jobs)
    progress = status.build(live.control, live.change)
    card = result.build(runs.compare, checkpoint)
    live_view.build(live.now, live.snapshots, live.test_digits)
    gradient_step.build(GradientStep(shared.reader).look, MAX_STEPS)
    curves_view.build(live.change)
    listed = history.build(runs.list, runs.compare, runs.forget, checkpoint)
    gr.Markdown(UNWATCHED, elem_id="unwatched")
    connect_training(shared, settings, experiments, progress)
    connect_models(shared, card, listed)
    follow = actions.with_event(actions.follow, shared.jobs)
    listed.follow(
        follow, shared.mine, [shared.mine, progress, settings.start, shared.timer], api_name="follow", **DIRECT
    )


def connect_training(shared: Shared, settings: Form, experiments: gr.HTML, progress: gr.HTML) -> None:
    """Connect what starts, stops and follows the visitor's training."""
    jobs, mine = shared.jobs, shared.mine
    state = [progress, settings.start, shared.timer]
    everything: list[Any] = [mine, *state, *settings.inputs]
    start = partial(actions.start, jobs)
    started = settings.start.click(start, [mine, *settings.inputs], [mine, *state], api_name="start", **QUEUED)
    begun = experiments.experiment(
        actions.with_event(actions.start_experiment, jobs), mine, everything, api_name="experiment", **QUEUED
    )
    repeat = actions.with_event(actions.start_again, jobs)
    repeated = progress.again(repeat, mine, [mine, *state], api_name="again", **QUEUED)
    for event, name in ((started, "renew_started"), (begun, "renew_begun"), (repeated, "renew_repeated")):
        event.success(plan.renew_soon, None, settings.renew, api_name=name, **DIRECT)
    progress.stop(partial(actions.stop, jobs), mine, state, api_name="stop", **DIRECT)
    shared.timer.tick(partial(actions.poll, jobs), mine, state, api_name="poll", **DIRECT)
    shared.page.load(partial(actions.restore, jobs), mine, [shared.pad, *state], api_name="load", **DIRECT)


def connect_models(shared: Shared, card: gr.HTML, listed: gr.HTML) -> None:
    """Connect what chooses the model that reads, and remember it."""
    mine, pad = shared.mine, shared.pad
    use = actions.with_event(actions.use, shared.jobs)
    card.use(use, mine, [mine, pad], api_name="use", **QUEUED)
    listed.use(use, mine, [mine, pad], api_name="use_one", **QUEUED)
    pad.shipped(actions.remember_shipped, mine, mine, api_name="shipped", **DIRECT)
    pad.own(actions.remember_own, mine, mine, api_name="own", **DIRECT)
