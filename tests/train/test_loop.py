"""Test the events of training, repeatability from a seed, stopping and resuming, and refused arguments."""

import copy
import math
import time
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.benchmarks.torch_encoder import TorchEncoder
from train.config import Recipe, TrainConfig, recipe
from train.data.dataset import Digits
from train.loop import DivergedError, Done, Epoch, Event, Step, fresh_model, train
from train.precision import uses_bfloat16
from train.score import evaluate
from train.splits import hold_out
from vit import VisionTransformer, ViTConfig, checkpoint

SMALL = ViTConfig(embed_dim=16, depth=2, num_heads=2, mlp_dim=16)
MUON = TrainConfig(epochs=2, batch_size=16, optimizer="muon", lr=8e-3, weight_decay=0.01, schedule="linear", warmup=0.1)
ADAM = TrainConfig(epochs=2, batch_size=16, lr=3e-3)
# All sources of randomness together: order, augmentation and dropout.
AUGMENTED = {"rotation": 10.0, "scale": 0.1, "shear": 0.1, "shift": 2.0}
WITH_DROPOUT = replace(SMALL, dropout=0.2)
both = pytest.mark.parametrize("config", [MUON, ADAM], ids=["muon", "adam"])


@pytest.fixture(scope="module")
def digits(mnist_train: Digits) -> Digits:
    """Return a hundred training digits: six batches of 16 and one of 4."""
    return mnist_train.subset(slice(100))


@pytest.fixture(scope="module")
def val_set(mnist_train: Digits) -> Digits:
    return mnist_train.subset(slice(100, 150))


def run(digits: Digits, val_set: Digits, config: TrainConfig, model: ViTConfig = SMALL, **resume: Any):
    """Train to the end; return the model and the events."""
    trained = fresh_model(Recipe(model, config))
    return trained, list(train(trained, digits, val_set, config, **resume))


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def same(ours: VisionTransformer, theirs: VisionTransformer) -> bool:
    """Return whether two models agree in every bit."""
    return all(torch.equal(*pair) for pair in zip(ours.parameters(), theirs.parameters(), strict=True))


# --- events


@both
def test_events_come_in_order_and_are_counted(config, digits, val_set):
    model, events = run(digits, val_set, config)
    kinds = "".join(type(event).__name__[0] for event in events)
    assert kinds == "SSSSSSSE" * 2 + "D"
    steps, epochs, (done,) = of(Step, events), of(Epoch, events), of(Done, events)
    assert [(step.step, step.steps, step.epoch) for step in steps] == [(n, 14, 1 + (n > 7)) for n in range(1, 15)]
    assert [(epoch.epoch, epoch.epochs, epoch.step) for epoch in epochs] == [(1, 2, 7), (2, 2, 14)]
    assert (done.epochs, done.step) == (2, 14)
    assert done.val is epochs[-1].val
    assert not model.training


def test_an_epochs_figures_are_the_means_of_its_steps(digits, val_set):
    _, events = run(digits, val_set, MUON)
    for epoch in of(Epoch, events):
        steps = [step for step in of(Step, events) if step.epoch == epoch.epoch]
        assert epoch.loss == pytest.approx(sum(step.loss for step in steps) / 7, rel=1e-5)
        assert epoch.accuracy == pytest.approx(sum(step.accuracy for step in steps) / 7, rel=1e-5)


def test_a_steps_figures_are_of_its_batch_before_its_update(digits, val_set):
    """With all digits in one batch, the figures equal those of an untrained model."""
    config = replace(ADAM, batch_size=100, epochs=1)
    untrained = evaluate(fresh_model(Recipe(SMALL, config)), digits)
    step = of(Step, run(digits, val_set, config)[1])[0]
    assert step.loss == pytest.approx(untrained.loss, rel=1e-5)
    assert step.accuracy == pytest.approx(untrained.accuracy)


def test_the_learning_rate_follows_the_schedule(digits, val_set):
    steps = of(Step, run(digits, val_set, replace(MUON, warmup=0.0))[1])
    assert [step.lr for step in steps] == pytest.approx([8e-3 * (1 - done / 14) for done in range(14)])


def test_the_optimisers_follow_the_schedule(digits, val_set):
    """Adam's first step moves a weight by at most the learning rate, and reaches it where the gradient is large."""
    for warmup, lr in ((0.0, 3e-3), (0.5, 3e-3 / 7)):
        config = replace(ADAM, warmup=warmup, weight_decay=0.0)
        model, before = (fresh_model(Recipe(SMALL, config)) for _ in range(2))
        next(train(model, digits, val_set, config))
        moved = [(new - old).abs().max() for new, old in zip(model.parameters(), before.parameters(), strict=True)]
        assert max(moved).item() == pytest.approx(lr, rel=1e-3)


def test_seconds_grow_and_exclude_the_consumers_time(digits, val_set):
    """Validation does not count either: the clock stops from an epoch's last step to its `Epoch`."""
    seconds, pauses, began = [], 0, time.perf_counter()
    for event in train(fresh_model(Recipe(SMALL, ADAM)), digits, val_set, ADAM):
        seconds.append(event.seconds)
        time.sleep(0.02)
        pauses += 1
    taken = time.perf_counter() - began
    assert seconds[0] > 0 and seconds == sorted(seconds)
    steps = [one for place, one in enumerate(seconds) if place not in (7, 15, 16)]
    assert len(set(steps)) == len(steps)
    assert seconds[6] == seconds[7] and seconds[14] == seconds[15] == seconds[16]
    assert seconds[-1] <= taken - 0.02 * pauses


def test_validation_scores_the_current_model(digits, val_set):
    model = fresh_model(Recipe(WITH_DROPOUT, MUON))
    for event in train(model, digits, val_set, MUON):
        if isinstance(event, Epoch):
            assert not model.training
            assert event.val is not None
            score = evaluate(model, val_set)
            assert (event.val.loss, event.val.accuracy) == (score.loss, score.accuracy)
            assert torch.equal(event.val.confusion, score.confusion)
        else:
            assert model.training is isinstance(event, Step)


# --- learning


@both
def test_a_few_digits_are_memorised(config, mnist_train):
    config = replace(config, epochs=80, lr=1e-2, batch_size=32, schedule="constant", val_size=0)
    few, none = mnist_train.subset(slice(32)), mnist_train.subset(slice(0))
    model, events = run(few, none, config)
    steps = of(Step, events)
    assert abs(steps[0].loss - math.log(10)) < 0.2
    assert steps[-1].loss < 0.01
    assert evaluate(model, few).accuracy == 1.0


def test_one_step_of_blog_equals_the_posts_step(mnist_train):
    """Compare with one step of `nn.TransformerEncoder` and `torch.optim.Adam`, without dropout.

    In double precision, since Adam's first step is the sign of the gradient, and the sign of a rounding error is
    random. The reference encoder shares its memory with its copy of our model.
    """
    config = replace(recipe("blog").training, epochs=1, precision="float32")
    ours = fresh_model(Recipe(replace(recipe("blog").model, dropout=0.0), config)).double()
    before = copy.deepcopy(ours.state_dict())
    theirs = TorchEncoder(copy.deepcopy(ours)).requires_grad_(True)
    digits = mnist_train.subset(slice(128))
    optimizer = torch.optim.Adam(theirs.parameters(), lr=3e-4, weight_decay=1e-4)
    loss = nn.CrossEntropyLoss()(theirs((digits.images[:, None] / 255).double()), digits.labels)
    loss.backward()
    optimizer.step()
    ours.register_forward_pre_hook(lambda _, args: (args[0].double(),))
    (step, *_) = train(ours, digits, mnist_train.subset(slice(0)), config)
    assert isinstance(step, Step)
    assert step.loss == pytest.approx(loss.item(), rel=1e-9)
    after = ours.state_dict()
    for name, weight in theirs.model.state_dict().items():
        torch.testing.assert_close(after[name], weight, atol=1e-7, rtol=0, msg=lambda text, name=name: name + text)
        assert (weight - before[name]).abs().max() > 1e-4


@pytest.mark.slow
def test_fast_beats_a_linear_classifier(mnist_train, mnist_test):
    """On 8,000 digits, `fast` cut to three epochs reached 93.5 to 95.0 % (three seeds), logistic regression 88.2 %."""
    learned, unseen = mnist_train.subset(slice(8000)), mnist_test.subset(slice(2000))
    shorter = replace(recipe("fast").training, epochs=3, batch_size=32, val_size=0)
    *_, done = train(model := fresh_model(Recipe(recipe("fast").model, shorter)), learned, unseen, shorter)
    assert done.val is not None
    assert done.val.accuracy == evaluate(model, unseen).accuracy
    assert done.val.accuracy > 0.92
    assert done.val.accuracy > linear_accuracy(learned, unseen) + 0.03


def linear_accuracy(learned: Digits, unseen: Digits) -> float:
    """Return the accuracy on `unseen` of multinomial logistic regression on the pixels."""
    layer = nn.Linear(784, 10)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(layer(learned.images.flatten(1) / 255), learned.labels)
        loss = loss + 1e-3 * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    read = layer(unseen.images.flatten(1) / 255).argmax(dim=-1)
    return (read == unseen.labels).double().mean().item()


def test_only_training_digits_are_augmented(digits, val_set):
    """With augmentation a training digit differs in each epoch; validation digits never change."""
    one, batches = digits.subset(slice(1)), []
    for config in (replace(ADAM, **AUGMENTED), ADAM):
        model = fresh_model(Recipe(SMALL, config))
        model.register_forward_pre_hook(lambda module, args: batches.append((module.training, args[0])))
        list(train(model, one, val_set.subset(slice(1)), config))
    original, validation = one.images[:, None] / 255, val_set.images[:1, None] / 255
    (first, second), (third, fourth) = (
        [batch for training, batch in part if training] for part in (batches[:4], batches[4:])
    )
    assert not torch.equal(first, second)
    assert not torch.equal(first, original) and not torch.equal(second, original)
    assert torch.equal(third, original) and torch.equal(fourth, original)
    scored = [batch for training, batch in batches if not training]
    assert len(scored) == 4
    assert all(torch.equal(batch, validation) for batch in scored)


# --- repeatability


@both
def test_the_same_seed_gives_the_same_weights(config, digits, val_set):
    config = replace(config, **AUGMENTED)
    first, events = run(digits, val_set, config, WITH_DROPOUT)
    second, again = run(digits, val_set, config, WITH_DROPOUT)
    other, _ = run(digits, val_set, replace(config, seed=1), WITH_DROPOUT)
    assert same(first, second)
    assert [step.loss for step in of(Step, events)] == [step.loss for step in of(Step, again)]
    assert not same(first, other)


def test_the_seed_decides_the_initial_weights_the_order_and_the_split(digits):
    weights = [fresh_model(Recipe(SMALL, replace(ADAM, seed=seed))) for seed in (0, 0, 1)]
    assert same(weights[0], weights[1])
    assert not same(weights[0], weights[2])
    held_out = [hold_out(digits, replace(ADAM, val_size=30, seed=seed))[1].images for seed in (0, 0, 1)]
    assert torch.equal(held_out[0], held_out[1])
    assert not torch.equal(held_out[0], held_out[2])
    losses = []  # same initial weights, other seed: another order, so other losses
    for seed in (0, 1):
        model = fresh_model(Recipe(SMALL, ADAM))
        losses.append(next(train(model, digits, digits.subset(slice(0)), replace(ADAM, seed=seed))).loss)
    assert losses[0] != losses[1]


def test_random_numbers_of_the_consumer_do_not_change_the_run(digits, val_set):
    """The run does not change the consumer's draws either, although dropout uses PyTorch's global generator."""
    expected, _ = run(digits, val_set, ADAM, WITH_DROPOUT)
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    torch.manual_seed(7)
    expected_draws = torch.rand(17)
    torch.manual_seed(7)
    drawn = [torch.rand(()) for _ in train(model, digits, val_set, ADAM)]
    assert same(model, expected)
    assert torch.equal(torch.stack(drawn), expected_draws)


def test_dropout_differs_between_steps(digits):
    """Every batch holds the same digit and the weights do not move, so only dropout can change the loss."""
    one = digits.subset(torch.zeros(100, dtype=torch.int64))
    config = replace(ADAM, batch_size=25, lr=1e-12)
    losses = [step.loss for step in of(Step, run(one, digits, config, WITH_DROPOUT)[1])]
    still = [step.loss for step in of(Step, run(one, digits, config, SMALL)[1])]
    assert len({round(loss, 5) for loss in losses}) == 8
    assert max(still) - min(still) < 1e-5


# --- stopping and resuming


@both
def test_a_resumed_run_equals_an_uninterrupted_one(config, digits, val_set, tmp_path):
    """Save and load a checkpoint, with dropout and augmentation; all weights agree bit for bit."""
    config = replace(config, epochs=3, **AUGMENTED)
    whole, events = run(digits, val_set, config, WITH_DROPOUT)
    model = fresh_model(Recipe(WITH_DROPOUT, config))
    for event in train(model, digits, val_set, config):
        if isinstance(event, Epoch):
            checkpoint.save(model, tmp_path / "last.safetensors", extra=event.state)
            break
    resumed = checkpoint.load(tmp_path / "last.safetensors")
    state = checkpoint.read_extra(tmp_path / "last.safetensors")
    left = list(train(resumed, digits, val_set, config, done_epochs=1, done_seconds=100.0, resume=state))
    assert same(resumed, whole)
    steps = [(step.step, step.steps, step.epoch, step.loss, step.lr) for step in of(Step, events) if step.epoch > 1]
    assert [(step.step, step.steps, step.epoch, step.loss, step.lr) for step in of(Step, left)] == steps
    assert left[0].seconds > 100


@both
def test_an_epochs_state_is_a_copy(config, digits, val_set):
    """A state kept while training goes on can still resume from its epoch, more than once."""
    config = replace(config, epochs=3)
    model = fresh_model(Recipe(SMALL, config))
    weights: dict[str, Tensor] = {}
    events = []
    for event in train(model, digits, val_set, config):
        events.append(event)
        if isinstance(event, Epoch) and event.epoch == 1:
            weights = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(2):
        again = VisionTransformer(SMALL)
        again.load_state_dict(weights)
        list(train(again, digits, val_set, config, done_epochs=1, resume=of(Epoch, events)[0].state))
        assert same(again, model)


def test_resuming_a_finished_run_only_scores_it(digits, val_set):
    model, events = run(digits, val_set, ADAM)
    before = VisionTransformer(SMALL)
    before.load_state_dict(model.state_dict())
    state = of(Epoch, events)[-1].state
    (done,) = train(model, digits, val_set, ADAM, done_epochs=2, done_seconds=5.0, resume=state)
    assert isinstance(done, Done)
    assert (done.epochs, done.step, done.seconds) == (2, 14, 5.0)
    assert done.val is not None and done.val.accuracy == of(Done, events)[0].val.accuracy
    assert same(model, before)


@pytest.mark.parametrize("last", [3, 7, 8, 9])
def test_closing_stops_at_once_and_leaves_a_usable_model(last, digits, val_set):
    """Close within an epoch, at its last step, at its `Epoch`, and at the first step of the next epoch."""
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    events = train(model, digits, val_set, ADAM)
    for _ in range(last):
        next(events)
    weights = [weight.detach().clone() for weight in model.parameters()]
    events.close()
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(*pair) for pair in zip(weights, model.parameters(), strict=True))
    assert list(events) == []
    images = digits.images[:5, None] / 255
    with torch.no_grad():
        assert torch.equal(model(images), model(images))
        assert model(images).isfinite().all()


def test_closing_before_the_first_step_leaves_the_untrained_model(digits, val_set):
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    train(model, digits, val_set, ADAM).close()
    assert not model.training
    assert same(model, fresh_model(Recipe(WITH_DROPOUT, ADAM)))


def test_an_error_in_the_consumer_leaves_the_model_in_evaluation_mode(digits, val_set):
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    events = train(model, digits, val_set, ADAM)
    next(events)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert not model.training


# --- errors


@both
def test_a_huge_learning_rate_ends_with_an_error(config, digits, val_set):
    object.__setattr__(config := replace(config, schedule="constant", warmup=0.0), "lr", 1e30)
    with pytest.raises(DivergedError, match="try a lower learning rate"):
        run(digits, val_set, config)


@both
def test_the_highest_learning_rate_diverges_with_an_error_or_stays_finite(config, digits, val_set):
    """The run either raises a DivergedError or gives finite numbers."""
    model = fresh_model(Recipe(SMALL, config))
    try:
        events = list(train(model, digits, val_set, replace(config, lr=1.0, epochs=5)))
    except DivergedError as error:
        assert "learning rate" in str(error)
    else:
        assert all(math.isfinite(event.loss) for event in events if not isinstance(event, Done))
        assert all(weight.isfinite().all() for weight in model.parameters())
        assert math.isfinite(of(Done, events)[0].val.loss)


@pytest.mark.parametrize("val_size", [0, 50])
def test_a_last_step_that_breaks_the_weights_is_noticed(val_size, digits, val_set):
    """A step's loss is from before its update; the broken model must not become an `Epoch`, which would be saved."""
    model = fresh_model(Recipe(SMALL, ADAM))
    events = train(model, digits, val_set.subset(slice(val_size)), ADAM)
    for _ in range(7):
        next(events)
    with torch.no_grad():
        model.head.bias[3] = float("inf")
    with pytest.raises(DivergedError, match="after step 7"):
        next(events)
    assert not model.training


def test_a_nan_loss_ends_the_run_at_its_step(digits, val_set):
    model = fresh_model(Recipe(SMALL, ADAM))
    events = train(model, digits, val_set, ADAM)
    for _ in range(3):
        next(events)
    with torch.no_grad():
        model.head.bias[3] = float("nan")
    with pytest.raises(DivergedError, match="the loss became nan at step 4"):
        next(events)
    assert not model.training


def test_an_empty_training_set_is_refused_at_once(digits):
    model = fresh_model(Recipe(SMALL, ADAM))
    with pytest.raises(ValueError, match="at least one image, got none"):
        train(model, digits.subset(slice(0)), digits, ADAM)


def test_more_epochs_done_than_asked_for_is_refused_at_once(digits):
    with pytest.raises(ValueError, match=r"3 .* done, got 2"):
        train(fresh_model(Recipe(SMALL, ADAM)), digits, digits, ADAM, done_epochs=3)


def test_resuming_without_the_optimisers_state_is_refused_at_once(digits, val_set):
    model = fresh_model(Recipe(SMALL, ADAM))
    with pytest.raises(ValueError, match="does not fit this recipe"):
        train(model, digits, val_set, ADAM, done_epochs=1)
    state = of(Epoch, run(digits, val_set, MUON)[1])[0].state
    with pytest.raises(ValueError, match="does not fit this recipe"):
        train(model, digits, val_set, ADAM, done_epochs=1, resume=state)


# --- validation


def test_training_without_validation_set_works(digits):
    config = replace(ADAM, val_size=0)
    train_set, val_set = hold_out(digits, config)
    assert (len(train_set), len(val_set)) == (100, 0)
    _, events = run(train_set, val_set, config)
    assert [event.val for event in events if not isinstance(event, Step)] == [None, None, None]


def test_validation_digits_are_never_trained_on(digits):
    """Each image shows its own index, and a hook records which images the model reads."""
    numbers = torch.arange(100)
    marked = Digits(numbers[:, None, None].expand(-1, 28, 28).to(torch.uint8).contiguous(), numbers % 10)
    train_set, val_set = hold_out(marked, replace(ADAM, val_size=30))
    model, given = fresh_model(Recipe(SMALL, ADAM)), []
    model.register_forward_pre_hook(lambda module, args: given.append((module.training, args[0][:, 0, 0, 0])))
    list(train(model, train_set, val_set, ADAM))
    learned, scored = (
        [round(one * 255) for training, batch in given for one in batch.tolist() if training is mode]
        for mode in (True, False)
    )
    assert sorted(learned) == sorted(train_set.images[:, 0, 0].tolist() * 2)
    assert learned[:70] != learned[70:]  # each epoch has its own order
    assert sorted(scored) == sorted(val_set.images[:, 0, 0].tolist() * 2)
    assert set(learned).isdisjoint(scored)
    assert set(learned) | set(scored) == set(range(100))


@pytest.mark.parametrize("val_size", [100, 5000])
def test_a_validation_set_of_all_digits_is_refused(val_size, digits):
    with pytest.raises(ValueError, match=f"val_size must be a whole number in .*, got {val_size}"):
        hold_out(digits, replace(ADAM, val_size=val_size))


# --- missing patches, and arithmetic in bfloat16


def visible_counts(model: VisionTransformer) -> list[int | None]:
    """Record at each forward pass how many patches are visible; None stands for all."""
    num_visible: list[int | None] = []
    model.register_forward_pre_hook(lambda _, args: num_visible.append(None if args[1] is None else args[1].shape[1]))
    return num_visible


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_patch_dropout_hides_patches_in_its_share_of_the_batches(share, digits, val_set):
    config = replace(MUON, epochs=40, batch_size=50, patch_dropout=share)
    model = fresh_model(Recipe(SMALL, config))
    num_visible = visible_counts(model)
    for _ in of(Step, list(train(model, digits, digits.subset(slice(0)), config))):
        pass
    counts = [count for count in num_visible if count is not None]
    assert len(num_visible) == 80
    assert abs(len(counts) / 80 - share) < 0.15
    assert all(0 <= count < 16 for count in counts)
    if share:
        assert len(set(counts)) > 8 and any(count is not None for count in num_visible[-10:])


def test_patch_dropout_improves_the_accuracy_on_half_of_the_patches(mnist_train, mnist_test):
    """Test on half of the patches; apart from patch dropout, the two recipes are the same."""
    learned, tested = mnist_train.subset(slice(1500)), mnist_test.subset(slice(500))
    visible = torch.rand(500, 16, generator=torch.Generator().manual_seed(0)).argsort(dim=1)[:, :8].sort(dim=1).values
    accuracies = []
    for share in (0.0, 0.5):
        config = replace(MUON, epochs=6, batch_size=50, patch_dropout=share)
        model, _ = run(learned, learned.subset(slice(0)), config, replace(SMALL, embed_dim=32))
        with torch.inference_mode():
            logits = model(tested.images[:, None] / 255, visible)
        accuracies.append((logits.argmax(dim=1) == tested.labels).float().mean().item())
    assert accuracies[1] > accuracies[0] + 0.03


def test_bfloat16_learns_like_float32_with_weights_of_float32(digits, val_set):
    ends = {}
    for precision in ("float32", "bfloat16"):
        model, events = run(digits, val_set, replace(MUON, epochs=6, precision=precision))
        assert all(weight.dtype == torch.float32 for weight in model.parameters())
        ends[precision] = [epoch.loss for epoch in of(Epoch, events)]
    assert ends["float32"] != ends["bfloat16"]
    assert ends["bfloat16"] == pytest.approx(ends["float32"], rel=0.15)


def test_precision_follows_the_recipe_and_auto_the_processor(monkeypatch):
    assert uses_bfloat16(TrainConfig(precision="bfloat16"), "cpu")
    assert not uses_bfloat16(TrainConfig(precision="float32"), "cpu")
    for has in (True, False):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: {"amx_bf16": has})
        assert uses_bfloat16(TrainConfig(precision="auto"), "cpu") is has
    assert not uses_bfloat16(TrainConfig(precision="auto"), "mps")
