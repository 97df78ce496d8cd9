"""Test the benchmark of time to accuracy: the post's model, the figures of the runs, and the results file."""

import json
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.train.idx import small_set, write
from train.benchmarks import blog_post, results, time_to_accuracy
from train.benchmarks.blog_post import Post, Training, pictures
from train.benchmarks.report import results_table
from train.benchmarks.results import BLOG, FAST, POST, Run
from train.benchmarks.results_file import ResultsFile
from train.benchmarks.time_to_accuracy import runs_file
from train.cli import this_machine
from train.config import Recipe, recipe
from train.data.dataset import Digits, load
from train.loop import fresh_model, train
from train.score import evaluate
from vit import PRESETS, VisionTransformer

MACHINE = {"processor": "Abacus", "cores": 2, "threads": 1, "torch": "2.0"}


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Return random images and labels: two batches of 128 and one of 4."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (260, 28, 28), generator=generator, dtype=torch.uint8)
    return Digits(images, torch.randint(10, (260,), generator=generator))


# --- the post's code


def test_the_reference_equals_our_recipe_blog(digits):
    """The same weights give the same logits, and both models have equally many."""
    torch.manual_seed(0)
    ours, theirs = VisionTransformer(PRESETS["blog"]).eval(), Post().eval()
    assert ours.num_params == sum(weight.numel() for weight in theirs.parameters())
    with torch.no_grad():
        for weight in ours.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
        for name, weight in theirs.named_parameters():
            weight.copy_(ours.get_parameter(our_name(name)))
        images = digits.images[:5, None] / 255
        torch.testing.assert_close(theirs(images), ours(images), atol=1e-5, rtol=1e-4)


def our_name(name: str) -> str:
    """Return our model's name of the weight that the post's code calls `name`."""
    places = {
        "encoder.layers": "blocks",
        "self_attn.in_proj_": "attn.qkv.",
        "self_attn.out_proj": "attn.proj",
        "linear1": "mlp.fc1",
        "linear2": "mlp.fc2",
        "positions": "pos_embed",
    }
    if name.startswith("embed"):
        return f"patch_embed.proj{name[5:]}"
    for theirs, ours in places.items():
        name = name.replace(theirs, ours)
    return name


def test_the_reference_trains_as_the_post_does(digits):
    """The post uses Adam with its settings, batches of 128 in random order, and PyTorch's dropout."""
    training = Training(digits, seed=0)
    assert type(training.optimizer) is torch.optim.Adam
    (group,) = training.optimizer.param_groups
    assert (group["lr"], group["weight_decay"], group["betas"]) == (3e-4, 1e-4, (0.9, 0.999))
    batches = list(training.loader)
    assert [len(labels) for _, labels in batches] == [128, 128, 4]
    order = torch.cat([labels for _, labels in batches])
    assert not torch.equal(order, digits.labels)
    assert torch.equal(order.sort().values, digits.labels.sort().values)
    rates = {module.p for module in training.model.modules() if isinstance(module, nn.Dropout)}
    assert rates == {0.1}


def test_a_picture_is_its_bytes_divided_by_255(digits):
    image, label = pictures(digits)[7]
    assert torch.equal(image, digits.images[7:8] / 255)
    assert label == digits.labels[7].item()


def test_a_step_of_the_reference_counts_as_the_post_does(digits):
    """The loss and accuracy of a step are those from before its update; dropout is off here."""
    training = Training(digits, seed=0)
    images, labels = digits.images[:50, None] / 255, digits.labels[:50]
    with torch.no_grad():
        logits = training.model.eval()(images)
    loss, right = training.step(images, labels)
    assert loss == pytest.approx(nn.CrossEntropyLoss()(logits, labels).item(), rel=1e-5)
    assert right == sum(int(row.argmax()) == int(label) for row, label in zip(logits, labels, strict=True))


def test_the_reference_learns(digits):
    """It memorises four random images."""
    few = digits.subset(slice(4))
    training = Training(few, seed=0)
    for _ in range(40):
        training.learn()
    assert training.accuracy(few) == 1.0


def test_the_seed_decides_the_reference(digits):
    few = digits.subset(slice(20))
    accuracies = []
    for seed in (3, 3, 4):
        training = Training(few, seed)
        training.learn()
        accuracies.append(torch.cat([weight.flatten() for weight in training.model.parameters()]))
    assert torch.equal(accuracies[0], accuracies[1])
    assert not torch.equal(accuracies[0], accuracies[2])


def test_seconds_count_only_training(digits, monkeypatch):
    """A fake clock advances by 1 for a step and by 100 for an evaluation."""
    clock = [0.0]

    def passing(seconds: float, result: float):
        def act(*_):
            clock[0] += seconds
            return result

        return act

    monkeypatch.setattr(blog_post.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(Training, "step", passing(1.0, 0.5))
    monkeypatch.setattr(Training, "accuracy", passing(100.0, 0.5))
    training = Training(digits, seed=0)
    assert list(training.epochs(2, digits)) == [(3.0, 0.5), (6.0, 0.5)]
    assert training.learn(2) == 2.0


# --- the figures


def slow(way, seed, *accuracy, epochs=3, second=100.0):
    """Make a run in which each epoch took `second` seconds."""
    seconds = tuple(second * epoch for epoch in range(1, len(accuracy) + 1))
    return Run(way, seed, epochs, 848_458, "float32", seconds, accuracy)


def fast(seed, epochs, seconds, accuracy):
    """Make a finished run of `fast`, tested at its end."""
    times = tuple(seconds * epoch / epochs for epoch in range(1, epochs + 1))
    return Run(FAST, seed, epochs, 105_546, "bfloat16", times, (None,) * (epochs - 1) + (accuracy,))


# The figures in the comments were computed by hand.
RUNS = [
    slow(POST, 0, 0.96, 0.975, 0.985),  # 97 % at 200, 98 % at 300
    slow(POST, 1, 0.965, 0.98, 0.982, second=110.0),  # 97 % and 98 % at 220
    slow(POST, 2, 0.96, 0.971, 0.979, second=90.0),  # 97 % at 180, never 98 %
    slow(BLOG, 0, 0.9, 0.97, 0.971, second=40.0),  # 97 % at 80
    *(fast(seed, 1, 8.0 + seed, accuracy) for seed, accuracy in enumerate([0.975, 0.972, 0.969])),  # 97 %: median .972
    *(fast(seed, 2, 16.0 + seed, accuracy) for seed, accuracy in enumerate([0.985, 0.981, 0.97])),  # 98 %: median .981
    *(fast(seed, 3, 24.0 + seed, accuracy) for seed, accuracy in enumerate([0.995, 0.989, 0.98])),  # one seed in three
    *(fast(seed, 4, 50.0 + seed, accuracy) for seed, accuracy in enumerate([0.99, 0.993, 0.992])),  # 99 %
]


@pytest.mark.parametrize(
    ("way", "target", "seconds", "epochs"),
    [
        (POST, 0.97, (200, 180, 220), 2),
        (POST, 0.98, (300, 220, inf), 3),
        (POST, 0.99, (inf, inf, inf), 3),
        (BLOG, 0.97, (80, 80, 80), 2),
        (BLOG, 0.98, (inf, inf, inf), 3),
        (FAST, 0.97, (9, 8, 10), 1),
        (FAST, 0.98, (17, 16, 18), 2),
        (FAST, 0.99, (51, 50, 52), 4),
    ],
)
def test_seconds_to_a_target(way, target, seconds, epochs):
    found = results.reach(way, target, RUNS)
    assert found is not None
    assert (found.seconds.median, found.seconds.low, found.seconds.high) == seconds
    assert found.epochs == epochs


def test_a_long_run_of_fast_does_not_count_for_a_short_one():
    """Only a whole run of that length counts, even if a longer run knew its accuracy half-way."""
    run = replace(fast(0, 2, 20.0, 0.99), accuracy=(0.985, 0.99))
    found = results.reach(FAST, 0.98, [run])
    assert found is not None
    assert (found.seconds.median, found.epochs) == (20.0, 2)


def test_ratios_are_those_of_the_medians():
    assert results.epoch_ratio(RUNS) == pytest.approx(100 / 40)
    assert results.times_sooner(0.97, RUNS) == (pytest.approx(200 / 9), False)
    assert results.times_sooner(0.98, RUNS) == (pytest.approx(300 / 17), False)
    assert results.times_sooner(0.99, RUNS) == (pytest.approx(300 / 51), True)  # until the end of the post's run
    assert results.share_of_first_epoch(0.99, RUNS) == pytest.approx(51 / 100)


def test_the_seconds_of_an_epoch_are_the_mean_of_its_run():
    """Epochs differ, so each run gives its mean; only the first epoch counts for `fast` against the post's first."""
    runs = [replace(slow(POST, seed, 0.9, 0.9), seconds=(first, 30.0)) for seed, first in ((0, 10.0), (1, 14.0))]
    assert results.epoch_seconds(POST, runs) == results.Spread(15, 15, 15)
    assert results.share_of_first_epoch(0.97, [*runs, fast(0, 1, 6.0, 0.98)]) == pytest.approx(6 / 12)


def test_a_run_of_less_than_an_epoch_counts():
    """The seconds of a whole epoch are computed from it."""
    runs = [Run(FAST, seed, 0.8, 105_546, "bfloat16", (8.0 + seed,), (0.981,)) for seed in range(3)]
    found = results.reach(FAST, 0.98, [*runs, *(fast(seed, 1, 11.0, 0.985) for seed in range(3))])
    assert found is not None
    assert (found.seconds.median, found.epochs) == (9.0, 0.8)
    assert results.epoch_seconds(FAST, runs) == results.Spread(9 / 0.8, 8 / 0.8, 10 / 0.8)
    assert (
        cells(results_table(MACHINE, (60000, 10000), runs))["seconds to 98 %"][2]
        == "9.0 (8.0–10.0); 0.8 epochs: 98.10 %"
    )


def test_an_interrupted_run_leaves_later_figures_unknown():
    unfinished = [slow(POST, 0, 0.96, 0.975, epochs=15)]
    assert results.reach(POST, 0.98, unfinished) is None
    found = results.reach(POST, 0.97, unfinished)
    assert found is not None
    assert found.seconds.median == 200
    assert results.epoch_seconds(POST, unfinished) == results.Spread(100, 100, 100)
    assert results.times_sooner(0.97, unfinished) is None
    assert results.share_of_first_epoch(0.99, unfinished) is None


def test_a_length_with_missing_seeds_does_not_count():
    """One good seed of an interrupted length gives no median."""
    runs = [*(fast(seed, 1, 9.0, 0.98) for seed in range(3)), fast(0, 2, 18.0, 0.995)]
    found = results.reach(FAST, 0.99, runs)
    assert found is not None
    assert (found.seconds.median, found.epochs) == (inf, 1)


# --- the table


def cells(text: str) -> dict[str, list[str]]:
    """Return the rows of all tables in `text` by their first cell."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {first: rest for first, *rest in rows}


def test_the_table_has_every_figure():
    text = results_table(MACHINE, (60000, 10000), RUNS)
    assert text.startswith("Abacus, 2 cores, 1 thread, torch 2.0; 60,000 images to learn, 10,000 to test.\n\n|")
    found = cells(text)
    assert found["parameters"] == ["848,458", "848,458", "105,546"]
    assert found["arithmetic"] == ["float32", "float32", "bfloat16"]
    assert found["seeds"] == ["3", "1", "3"]
    assert found["seconds an epoch"][:2] == ["100 (90.0–110)", "40.0"]
    assert found["seconds to 97 %"] == ["200 (180–220); epoch 2", "80.0; epoch 2", "9.0 (8.0–10.0); 1 epoch: 97.20 %"]
    assert found["seconds to 98 %"][:2] == ["300 (220–never); epoch 3", "not in 3 epochs"]
    assert found["seconds to 99 %"][2] == "51.0 (50.0–52.0); 4 epochs: 99.20 %"
    assert found["test accuracy at the end"][0] == "98.20 % (97.90 % to 98.50 %); 3 epochs"
    assert found["test accuracy at the end"][2] == "99.20 % (99.00 % to 99.30 %); 4 epochs"
    assert found["an epoch: the post's code / `blog`"] == ["2.5"]
    assert found["to 97 %: the post's code / `fast`"] == ["22.2"]
    assert found["to 99 %: the post's code / `fast`"] == ["more than 5.9"]
    assert found["`fast` to 99 % / first epoch of the post's code"] == ["0.51"]


def test_an_estimate_is_labelled_as_such():
    estimated = [Run(way, 0, 1, 848_458, "float32", (100.0,), (None,), steps=60) for way in (POST, BLOG)]
    found = cells(results_table(MACHINE, (60000, 10000), [*estimated, fast(0, 1, 9.0, 0.99)]))
    assert found["seconds an epoch"] == ["100, estimated from 60 steps"] * 2 + ["9.0"]
    for target in ("97 %", "98 %", "99 %"):
        assert found[f"seconds to {target}"][:2] == ["not run", "not run"]
        assert found[f"to {target}: the post's code / `fast`"] == ["not known"]
    assert found["test accuracy at the end"][:2] == ["not run", "not run"]
    assert found["an epoch: the post's code / `blog`"] == ["1.0, estimated"]
    assert found["`fast` to 99 % / first epoch of the post's code"] == ["0.09, estimated"]


def test_a_table_without_runs_says_so():
    found = cells(results_table(MACHINE, (60000, 10000), []))
    assert found["seconds an epoch"] == ["not run"] * 3
    assert found["an epoch: the post's code / `blog`"] == ["not known"]


# --- the file


def new_file(path, **changes) -> ResultsFile[Run]:
    return runs_file({**MACHINE, **changes.get("machine", {})}, {"quick": False, **changes.get("settings", {})}, path)


def test_runs_are_read_from_the_file(tmp_path):
    first = new_file(tmp_path / "runs.json")
    for run in RUNS:
        first.put(run)
    second = new_file(tmp_path / "runs.json")
    second.resume()
    assert second.results == RUNS


def test_a_run_replaces_its_earlier_state(tmp_path):
    file = new_file(tmp_path / "runs.json")
    for count in (1, 2, 3):
        file.put(slow(POST, 0, *[0.9] * count))
        assert [run.finished for run in file.results] == [count == 3]
        assert len(json.loads((tmp_path / "runs.json").read_text())["runs"]) == 1


@pytest.mark.parametrize("broken", ["runs.json", ""], ids=["into the file", "any"])
def test_an_interrupted_write_loses_nothing(broken, tmp_path, monkeypatch):
    """The file is never changed in place; a complete new file replaces it."""
    file, whole = new_file(tmp_path / "runs.json"), Path.write_bytes
    file.put(RUNS[0])

    def write_bytes(path: Path, content: bytes) -> int:
        if broken in ("", path.name):
            whole(path, content[:20])
            raise OSError("no space left")
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with suppress(OSError):
        file.put(RUNS[1])
    again = new_file(tmp_path / "runs.json")
    again.resume()
    assert again.results == (RUNS[:2] if broken else RUNS[:1])


@pytest.mark.parametrize("part", [{"machine": {"threads": 2}}, {"settings": {"quick": True}}])
def test_runs_of_another_machine_or_other_settings_are_refused(part, tmp_path):
    """They are not overwritten, since they may have taken hours."""
    new_file(tmp_path / "runs.json").put(RUNS[0])
    with pytest.raises(ValueError, match=f"the same {next(iter(part))} {next(iter(next(iter(part.values()))))}"):
        new_file(tmp_path / "runs.json", **part).resume()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"machine": {}, "settings": {}, "runs": [1]}', "\udcff"])
def test_another_kind_of_file_is_refused_and_unchanged(content, tmp_path):
    path = tmp_path / "notes.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="json must be a file that this benchmark wrote"):
        new_file(path).resume()
    assert path.read_bytes() == before


def test_the_machine_is_named():
    found = this_machine()
    assert found["threads"] == torch.get_num_threads()
    assert found["torch"] == torch.__version__
    assert found["processor"]
    assert found["cores"] >= 1
    assert json.loads(json.dumps(found)) == found


# --- the command line


@pytest.fixture
def short(monkeypatch):
    """Use trainings of a few steps."""
    monkeypatch.setattr(time_to_accuracy, "LENGTHS", (1, 2))
    monkeypatch.setattr(time_to_accuracy, "QUICK_LENGTHS", (1,))
    monkeypatch.setattr(time_to_accuracy, "SLOW_EPOCHS", 2)
    monkeypatch.setattr(time_to_accuracy, "SLOW_SEEDS", 1)
    monkeypatch.setattr(time_to_accuracy, "WARM_UP", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write IDX files with 140 random training digits, two batches, and 40 test digits."""
    return write(small_set(train=140, test=40), tmp_path_factory.mktemp("own"))


def call(folder, *flags) -> int:
    return time_to_accuracy.main(["--data", str(folder), "--threads", "1", *map(str, flags)])


def test_the_command_runs_every_way_seed_and_length(short, folder, tmp_path, capsys):
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 2) == 0
    runs = {tuple(run[name] for name in ("way", "seed", "epochs")): run for run in stored_runs(tmp_path)}
    lengths = {(FAST, seed, epochs) for seed in (0, 1) for epochs in (1, 2)}
    assert set(runs) == lengths | {(POST, 0, 2), (BLOG, 0, 2)}
    for (way, _, epochs), run in runs.items():
        assert len(run["seconds"]) == epochs
        assert run["seconds"] == sorted(run["seconds"])
        calls = [accuracy is not None for accuracy in run["accuracy"]]
        assert calls == ([False] * (epochs - 1) + [True] if way == FAST else [True] * epochs)
    printed = capsys.readouterr()
    assert "140 images to learn, 40 to test" in printed.out
    assert cells(printed.out)["seeds"] == ["1", "1", "2"]
    assert printed.err.count("\n") == sum(len(run["seconds"]) for run in runs.values())


def stored_runs(folder) -> list[dict]:
    return json.loads((folder / "runs.json").read_text())["runs"]


def test_our_run_equals_the_training_loop(short, folder, tmp_path):
    """Train again with the same seed and all digits, and compare the accuracy."""
    call(folder, "--json", tmp_path / "runs.json", "--seeds", 2)
    learned, unseen = load("train", folder), load("test", folder)
    for way, seed, epochs in ((FAST, 1, 2), (BLOG, 0, 2)):
        config = replace(recipe(way).training, epochs=epochs, seed=seed, val_size=0)
        model = fresh_model(Recipe(recipe(way).model, config))
        list(train(model, learned, learned.subset(slice(0)), config))
        (run,) = (
            run for run in stored_runs(tmp_path) if (run["way"], run["seed"], run["epochs"]) == (way, seed, epochs)
        )
        assert run["accuracy"][-1] == evaluate(model, unseen).accuracy
        assert run["num_params"] == model.num_params


def test_less_than_an_epoch_trains_on_that_share_of_the_images(short, folder, tmp_path, monkeypatch):
    """Train again on that share of the images, and compare the accuracy."""
    monkeypatch.setattr(time_to_accuracy, "LENGTHS", (0.6,))
    call(folder, "--json", tmp_path / "runs.json", "--seeds", 1)
    (run,) = (run for run in stored_runs(tmp_path) if run["way"] == FAST)
    learned, config = load("train", folder), replace(recipe(FAST).training, epochs=1, val_size=0)
    model = fresh_model(Recipe(recipe(FAST).model, config))
    list(train(model, learned.subset(slice(84)), learned.subset(slice(0)), config))
    assert (run["epochs"], len(run["seconds"])) == (0.6, 1)
    assert run["accuracy"] == [evaluate(model, load("test", folder)).accuracy]


def test_lengths_beyond_the_last_target_are_not_trained(short, folder, tmp_path, monkeypatch):
    """With targets that the first length reaches, no other length is trained."""
    monkeypatch.setattr(time_to_accuracy, "TARGETS", (0.0,))
    call(folder, "--json", tmp_path / "runs.json", "--seeds", 1)
    assert [run["epochs"] for run in stored_runs(tmp_path) if run["way"] == FAST] == [1]


def test_quick_estimates_an_epoch_from_its_steps(short, folder, tmp_path, monkeypatch):
    """For the post's code one step takes two seconds of fake time, and an epoch has two steps."""
    monkeypatch.setattr(time_to_accuracy, "STEPS", 1)
    calls = []
    monkeypatch.setattr(Training, "learn", lambda _, steps=None: calls.append(steps) or 2.0)
    assert call(folder, "--json", tmp_path / "runs.json", "--quick") == 0
    runs = {run["way"]: run for run in stored_runs(tmp_path)}
    assert calls == [1, 1]  # warm-up, then measurement
    assert (runs[POST]["seconds"], runs[POST]["accuracy"], runs[POST]["steps"]) == ([4.0], [None], 1)
    assert (runs[BLOG]["accuracy"], runs[BLOG]["steps"]) == ([None], 1)
    assert runs[BLOG]["seconds"][0] > 0
    assert (runs[FAST]["epochs"], runs[FAST]["steps"]) == (1, 0)


def test_a_stopped_benchmark_prints_its_results_and_resumes(short, folder, tmp_path, capsys, monkeypatch):
    """Press Ctrl-C in the second epoch of the post's code; the second call skips finished runs."""
    epochs = Training.epochs

    def stopped(training, count, test_set):
        yield next(epochs(training, count, test_set))
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "epochs", stopped)
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 1) == 130
    printed = capsys.readouterr()
    assert "stopped" in printed.err
    assert cells(printed.out)["seconds an epoch"][1] == "not run"
    assert cells(printed.out)["seconds an epoch"][0] != "not run"
    monkeypatch.setattr(Training, "epochs", epochs)
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 1) == 0
    unfinished = [line.partition(",")[0] for line in capsys.readouterr().err.splitlines() if "epoch 1 of" in line]
    assert unfinished == [POST, BLOG]
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 1) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--seeds", "0"], "seeds must be a whole number in [1, 1000], got 0"),
        (["--seeds", "9" * 23], "seeds must be a whole number in [1, 1000], got 999"),
        (["--threads", "-1"], "threads must be a whole number in [1, "),
        (["--json", "/dev/null"], "json must be a file that can be written: /dev/null is a device"),
        (["--json", "nowhere/runs.json"], "json must lie in a folder that is there"),
    ],
)
def test_invalid_arguments_are_named_before_any_work(flags, message, folder, capsys):
    assert call(folder, *flags) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"train.benchmarks.time_to_accuracy: {message}")
    assert printed.out == ""
