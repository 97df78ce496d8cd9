"""State of a job for the page: what `TrainingState` says of a job, computed from what the job has recorded."""

from __future__ import annotations

from itertools import count as count_up

from demo.training.job import Job
from demo.training.messages import count, look_for, waiting_message
from demo.training.state import TrainingState
from train.diagnosis.finding import Finding
from train.diagnosis.rules import diagnose
from train.score import wilson

NUMBERS = count_up(1)


def state_of(job: Job, ahead: int = 0) -> TrainingState:
    """Return the state of a job for the page.

    Args:
        job: must not change meanwhile.
        ahead: jobs ahead of it, if it waits.
    """
    live, score = job.live, job.test_score
    return TrainingState(
        id=job.id,
        state=job.state,
        message=message(job, ahead),
        progress=progress(job),
        seconds_left=job.seconds_left,
        step=job.step,
        steps=job.steps,
        epoch=job.epoch,
        epochs=job.epochs,
        train=tuple(job.train_curve.points),
        val=tuple(job.val_curve),
        test_accuracy=score.accuracy if score else None,
        test_interval=wilson(score.accuracy, int(score.confusion.sum())) if score else None,
        can_use=job.model is not None,
        learning=job.learning,
        paused=live.paused,
        slow=live.pacing.slow,
        unwatched=live.pacing.unwatched,
        pace=job.pace,
        settings=live.settings,
        marks=tuple(live.marks),
        names=job.recipe.model.class_names,
        dataset=job.recipe.training.dataset,
        images=job.images,
        limit=job.limit,
        look_for=look_for(job.recipe) if job.model and job.adopted is None else "",
        findings=findings(job),
        gpu=job.gpu,
        gpu_failed=job.gpu_failed,
        number=next(NUMBERS),
    )


def message(job: Job, ahead: int) -> str:
    """Say in one sentence how a job stands."""
    if job.state == "waiting":
        return waiting_message(ahead)
    if job.live.paused and job.state == "running":
        return f"Paused after {count(job.step, 'step')}, in epoch {max(job.epoch, 1)} of {job.epochs}."
    return job.note


def progress(job: Job) -> float:
    """Return the progress of the download, then of the steps, in [0, 1]."""
    return job.downloaded if job.state == "fetching" else job.step / max(job.steps, 1)


def findings(job: Job) -> tuple[Finding, ...]:
    """Name the problems of a training; none before its first step, or for a model that was not trained here."""
    if job.adopted is not None or not job.step:
        return ()
    failed = job.note if job.state == "failed" else ""
    curves = job.train_curve.points, job.val_curve
    return tuple(diagnose(*curves, job.live.config, job.recipe.model, failed=failed, since=job.live.changed_at))
