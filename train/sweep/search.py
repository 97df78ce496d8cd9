"""The search itself: Ray Tune runs the trials and tries again where one dies, Optuna chooses, ASHA stops early.

Ray and Optuna are an extra (requirements-sweep.txt), so they are imported where they are used.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.sweep import trial
from train.sweep.space import Setting, Space, Value
from train.sweep.trial import Surroundings

STATE = "ray"  # Ray's own folder in that of the sweep
RETRIES = 3  # of a trial whose process died
STARTS = 3  # attempts to start Ray here
MEMORY = 100 * 2**20  # bytes that Ray's processes share; what trials report is small
# Ray reads these when it is imported or started. It sends no usage statistics, prints and logs nothing of its own, and
# leaves the working directory of a trial as it is.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TQDM_DISABLE": "1",
}


@dataclass(frozen=True)
class Workers:
    """Where trials run.

    Attributes:
        address: of a Ray cluster; None starts Ray on this machine.
        count: trials at once; on a cluster, 0 for as many as its processors or GPUs allow.
    """

    address: str | None
    count: int


@dataclass(frozen=True)
class Trial:
    """What came of one trial.

    Attributes:
        folder: its run folder.
        values: of the settings that are searched.
        accuracy: share of the held-out digits after its last epoch, in [0, 1].
        loss: on the held-out digits, nats; None where there is a problem.
        epoch: number of its last epoch.
        ended: whether it learned to the end, was stopped early, or has a problem; False after Ctrl-C.
        problem: why it could not learn, in words; "" if it could.
    """

    folder: Path
    values: Mapping[str, Value]
    accuracy: float
    loss: float | None
    epoch: int
    ended: bool
    problem: str


def search(space: Space, folder: Path, around: Surroundings, workers: Workers) -> list[Trial]:
    """Run the trials of a sweep, or those that are left; return all that have begun.

    After Ctrl-C, Ray saves its state, and this returns as it does at the end.
    """
    with connected(workers, around.threads):
        results = tuner(space, folder, around, workers).fit()
        return [outcome(folder, result) for result in results]


@contextmanager
def connected(workers: Workers, threads: int) -> Iterator[None]:
    """Connect to a cluster, or start Ray on this machine while the block runs."""
    os.environ.update(ENVIRONMENT)
    import ray  # noqa: PLC0415 (an extra)

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if workers.address:
        options |= {"address": workers.address, "runtime_env": {"env_vars": ENVIRONMENT}}
    else:
        cores = workers.count * threads
        options |= {"address": "local", "num_cpus": cores, "include_dashboard": False, "object_store_memory": MEMORY}
    try:
        start(options)
        yield
    finally:
        ray.shutdown()


def start(options: Mapping[str, Any]) -> None:
    """Call `ray.init`, again if need be: a busy machine may miss the 30 seconds in which Ray must have started.

    Raises:
        ValueError: Ray does not start, or there is no cluster.
    """
    import ray  # noqa: PLC0415 (an extra)

    for left in reversed(range(STARTS)):
        try:
            ray.init(**options)
            return
        except Exception as error:  # Ray raises nothing more special
            ray.shutdown()
            if not left or options["address"] != "local":
                raise ValueError(f"Ray does not start: {error}") from None


def tuner(space: Space, folder: Path, around: Surroundings, workers: Workers) -> Any:
    """Return Ray's search: a new one, or that of which the folder holds the state."""
    from ray import tune  # noqa: PLC0415 (an extra)

    resources = {"cpu": float(around.threads), "gpu": float(around.device.startswith("cuda"))}
    trainable = tune.with_resources(trainable_of(space, folder, around), resources)
    if tune.Tuner.can_restore(folder / STATE):
        return tune.Tuner.restore(str(folder / STATE), trainable, resume_errored=True)
    return tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            num_samples=space.trials,
            max_concurrent_trials=workers.count or None,
            search_alg=sampling(space),
            scheduler=stopping(space),
            reuse_actors=True,  # a process of its own for each trial would import PyTorch each time
            trial_dirname_creator=lambda one: f"trial_{one.trial_id}",
        ),
        run_config=tune.RunConfig(
            name=STATE,
            storage_path=str(folder.absolute()),
            failure_config=tune.FailureConfig(max_failures=RETRIES),
            callbacks=[reporter(space.base.training.epochs)],
            verbose=0,
        ),
    )


def trainable_of(space: Space, folder: Path, around: Surroundings) -> Callable[[dict[str, Value]], None]:
    """Return what a worker calls for a trial, with the values that Optuna chose."""
    folder = folder.absolute()

    def run_trial(values: dict[str, Value]) -> None:
        from ray import tune  # noqa: PLC0415 (an extra)

        try:
            recipe = space.recipe(values)
        except ValueError as error:  # as a width that the heads do not divide
            tune.report(trial.failure(str(error)))
        else:
            trial.run(recipe, folder / f"trial_{tune.get_context().get_trial_id()}", around, tune.report)

    return run_trial


def sampling(space: Space) -> Any:
    """Return Optuna's sampler in the form that Ray Tune takes."""
    import optuna  # noqa: PLC0415 (an extra)
    from ray.tune.search.optuna import OptunaSearch  # noqa: PLC0415 (an extra)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    samplers = {
        "tpe": lambda: optuna.samplers.TPESampler(seed=space.seed, constant_liar=True),  # knows what runs beside it
        "random": lambda: optuna.samplers.RandomSampler(seed=space.seed),
        "gp": lambda: optuna.samplers.GPSampler(seed=space.seed),
    }
    distributions = {name: distribution(setting) for name, setting in space.settings.items()}
    return OptunaSearch(distributions, metric="accuracy", mode="max", sampler=samplers[space.sampler]())


def distribution(setting: Setting) -> Any:
    """Return the distribution of Optuna for a setting."""
    from optuna import distributions  # noqa: PLC0415 (an extra)

    if setting.choice:
        return distributions.CategoricalDistribution(setting.choice)
    if isinstance(setting.low, int):
        return distributions.IntDistribution(setting.low, int(setting.high), log=setting.log)
    return distributions.FloatDistribution(setting.low, setting.high, log=setting.log)


def stopping(space: Space) -> Any:
    """Return ASHA (Li et al. 2020), which stops a trial that is worse than most after as many epochs."""
    from ray.tune.schedulers import ASHAScheduler  # noqa: PLC0415 (an extra)

    return ASHAScheduler(
        time_attr="epoch",
        metric="accuracy",
        mode="max",
        max_t=space.base.training.epochs,
        grace_period=space.grace_epochs,
        reduction_factor=space.reduction_factor,
    )


def reporter(epochs: int) -> Any:
    """Return what prints a line for each epoch of a trial, and one where a trial goes on after its process died."""
    from ray.tune import Callback  # noqa: PLC0415 (an extra)

    class Reporter(Callback):
        def on_trial_result(self, iteration, trials, trial, result, **info) -> None:  # noqa: ARG002 (Ray names them)
            what = result.get("problem") or f"{result['accuracy']:.2%} of the held-out digits"
            print(f"trial_{trial.trial_id}: epoch {result['epoch']} of {epochs}, {what}", flush=True)

        def on_trial_recover(self, iteration, trials, trial, **info) -> None:  # noqa: ARG002
            print(f"trial_{trial.trial_id}: its process died; it goes on from its last whole epoch", flush=True)

    return Reporter()


def outcome(folder: Path, result: Any) -> Trial:
    """Read what came of a trial from Ray's result."""
    figures, error = result.metrics or {}, result.error
    return Trial(
        folder=folder / Path(result.path).name,
        values=result.config,
        accuracy=figures.get("accuracy", 0.0),
        loss=figures.get("loss"),
        epoch=figures.get("epoch", 0),
        ended=bool(error or figures.get("done")),
        problem=figures.get("problem", "") or (f"its process died {RETRIES + 1} times" if error else ""),
    )
