"""Compare activation patching with PyTorch hooks that put the source's output into the running model."""

from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch

from vit import PRESETS, VisionTransformer
from vit.analysis import activation_patching
from vit.analysis.activation_patching import Copied, gap_shares, nothing, patched_logits, record

IMAGES = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(1))
SOURCE, RECEIVER = IMAGES
MODELS = ["blog", "4x4", "mean"]


def model_of(name):
    """A small random model: post-norm, pre-norm, or pre-norm with mean pooling."""
    torch.manual_seed(0)
    config = replace(
        PRESETS["4x4" if name == "mean" else name], embed_dim=24, mlp_dim=16, pool="mean" if name == "mean" else "cls"
    )
    model = VisionTransformer(config).eval()
    for weight in model.parameters():  # the logits of a new model hardly depend on the image
        torch.nn.init.normal_(weight, std=0.5)
    with torch.no_grad():  # the logits of the two images become opposite, so their classes differ
        model.head.bias -= model(IMAGES).mean(dim=0)
    return model.requires_grad_(False)


class Outputs(dict):
    """Record with hooks what each module takes and returns in one run."""

    def __init__(self, model, image):
        super().__init__()
        with ExitStack() as hooks, torch.no_grad():
            for layer, block in enumerate(model.blocks):
                self.listen(hooks, block.attn.proj, ("heads", layer))
                self.listen(hooks, block.mlp, ("mlp", layer))
                self.listen(hooks, block, ("block", layer))
            model.trace(image[None])  # computes the last block for all tokens; model(image) only for cls

    def listen(self, hooks, module, name):
        def note(_, inputs, output):
            self[name] = inputs[0] if name[0] == "heads" else output[0] if name[0] == "block" else output

        hooks.callback(module.register_forward_hook(note).remove)


def hooked_logits(model, part, module, *, before):
    """Return the receiver's logits when a hook changes a module's input (`before`) or its output."""
    hook = module.register_forward_pre_hook(part) if before else module.register_forward_hook(part)
    try:
        return model.trace(RECEIVER[None]).logits[0]
    finally:
        hook.remove()


def chosen(model, **parts):
    """Mark the named parts as copied, each by its index."""
    copied = nothing(model)
    for name, index in parts.items():
        getattr(copied, name)[0][index] = True
    return copied


@pytest.mark.parametrize("name", MODELS)
def test_copying_nothing_gives_the_receiver_and_copying_all_the_source(name):
    model = model_of(name)
    source, receiver = record(model, SOURCE), record(model, RECEIVER)
    none = nothing(model)
    everything = Copied(*(~part for part in (none.heads, none.mlps, none.tokens)))
    torch.testing.assert_close(patched_logits(model, source, receiver, none), model(RECEIVER[None]))
    torch.testing.assert_close(patched_logits(model, source, receiver, everything), model(SOURCE[None]))


@pytest.mark.parametrize("name", MODELS)
def test_copying_all_heads_mlps_and_the_embedding_gives_the_source(name):
    model = model_of(name)
    source, receiver = record(model, SOURCE), record(model, RECEIVER)
    copied = nothing(model)
    copied.heads[:], copied.mlps[:], copied.tokens[:, 0] = True, True, True
    torch.testing.assert_close(patched_logits(model, source, receiver, copied), model(SOURCE[None]))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_head_is_copied_as_a_hook_does_it(name, layer):
    model, head = model_of(name), 1
    d = model.config.head_dim
    theirs = Outputs(model, SOURCE)["heads", layer][..., head * d : (head + 1) * d]

    def put(_, inputs):
        changed = inputs[0].clone()
        changed[..., head * d : (head + 1) * d] = theirs
        return (changed,)

    expected = hooked_logits(model, put, model.blocks[layer].attn.proj, before=True)
    found = patched_logits(model, record(model, SOURCE), record(model, RECEIVER), chosen(model, heads=(layer, head)))[0]
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, model(RECEIVER[None])[0])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_an_mlp_is_copied_as_a_hook_does_it(name, layer):
    model = model_of(name)
    theirs = Outputs(model, SOURCE)["mlp", layer]
    expected = hooked_logits(model, lambda *_: theirs, model.blocks[layer].mlp, before=False)
    found = patched_logits(model, record(model, SOURCE), record(model, RECEIVER), chosen(model, mlps=layer))[0]
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, model(RECEIVER[None])[0])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("layer", "token"), [(0, 0), (1, 5), (2, 0)])
def test_a_token_is_copied_as_a_hook_does_it(name, layer, token):
    model = model_of(name)
    theirs = Outputs(model, SOURCE)["block", layer][:, token]

    def put(_, __, output):
        tokens = output[0].clone()
        tokens[:, token] = theirs
        return (tokens, output[1])

    expected = hooked_logits(model, put, model.blocks[layer], before=False)
    parts = chosen(model, tokens=(layer + 1, token))
    torch.testing.assert_close(
        patched_logits(model, record(model, SOURCE), record(model, RECEIVER), parts)[0], expected
    )


@pytest.mark.parametrize("name", MODELS)
def test_a_share_is_the_part_of_the_gap_that_a_copy_closes(name, monkeypatch):
    monkeypatch.setattr(activation_patching, "RUNS_AT_ONCE", 7)  # the last batch is smaller
    model = model_of(name)
    shares = gap_shares(model, SOURCE, RECEIVER)
    logits = [model(image[None])[0] for image in (SOURCE, RECEIVER)]
    a, b = (int(each.argmax()) for each in logits)
    gaps = [float(each[a] - each[b]) for each in logits]
    assert shares.classes == (a, b)
    assert shares.gaps == pytest.approx(gaps, abs=1e-4)
    source, receiver = record(model, SOURCE), record(model, RECEIVER)

    def share(**parts):
        found = patched_logits(model, source, receiver, chosen(model, **parts))[0]
        return float(found[a] - found[b] - gaps[1]) / (gaps[0] - gaps[1])

    L, h, N = model.config.depth, model.config.num_heads, model.config.num_tokens
    assert shares.heads.flatten().tolist() == pytest.approx(
        [share(heads=(layer, head)) for layer in range(L) for head in range(h)], abs=1e-4
    )
    assert shares.mlps.tolist() == pytest.approx([share(mlps=layer) for layer in range(L)], abs=1e-4)
    assert shares.layers.tolist() == pytest.approx([share(mlps=layer, heads=layer) for layer in range(L)], abs=1e-4)
    assert shares.tokens.flatten().tolist() == pytest.approx(
        [share(tokens=(state, token)) for state in range(L + 1) for token in range(N)], abs=1e-4
    )


def test_after_the_last_block_cls_alone_carries_the_answer():
    shares = gap_shares(model_of("4x4"), SOURCE, RECEIVER)
    assert shares.tokens[-1, 0] == pytest.approx(1, abs=1e-5)
    assert shares.tokens[-1, 1:].tolist() == pytest.approx([0] * 16, abs=1e-5)


def test_two_images_of_one_class_have_no_gap():
    with pytest.raises(ValueError, match="read as the same class"):
        gap_shares(model_of("4x4"), SOURCE, SOURCE)
