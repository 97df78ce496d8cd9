"""The smallest erasure, against a brute force that rubs patches out of the image itself."""

from itertools import combinations

import pytest
import torch

from tests.vit.explain.games import drawing, lively
from vit.explain.coalitions import logits_of_all_subsets
from vit.explain.decisive_sets import patches_in, smallest_flip
from vit.explain.masking import MaskedModel
from vit.explain.smallest_erasure import largest_size, smallest_erasure

INKED = (1, 2, 6, 9, 10, 15)


def without(image: torch.Tensor, patches: tuple[int, ...]) -> torch.Tensor:
    rest = image.clone()
    for patch in patches:
        row, column = divmod(patch, 4)
        rest[:, 7 * row : 7 * row + 7, 7 * column : 7 * column + 7] = 0
    return rest


def brute_force(model, image, target: int) -> tuple[int, ...] | None:
    """The patches whose erasure gives the target: the fewest, and of these those with the least ink."""
    for size in range(1, len(INKED) + 1):
        sets = [some for some in combinations(INKED, size) if model(without(image, some)[None]).argmax() == target]
        if sets:
            return min(sets, key=lambda some: float((image - without(image, some)).sum()))
    return None


@pytest.mark.parametrize("seed", range(2))
def test_it_is_the_set_of_a_brute_force(seed):
    model, image = lively("pre", seed), drawing(INKED, seed=seed)
    answer, found = int(model(image[None]).argmax()), []
    for target in set(range(10)) - {answer}:
        erasure, expected = smallest_erasure(model, image, target), brute_force(model, image, target)
        assert erasure.reached == (expected is not None)
        assert tuple(erasure.patches.tolist()) == (expected or ())
        assert (erasure.searched, erasure.inked) == (len(expected or INKED), len(INKED))
        if expected:
            found.append(expected)
            assert torch.equal(erasure.images[-1], without(image, expected))
            assert len(erasure.images) == len(expected) + 1
            assert erasure.ink == pytest.approx(float((image - without(image, expected)).sum()))
    assert found


@pytest.mark.parametrize("seed", range(3))
def test_for_any_other_class_it_is_as_small_as_the_smallest_flip(seed):
    model, image = lively("pre", seed), drawing(INKED, seed=seed)
    logits = logits_of_all_subsets(MaskedModel(model, image, "erased"))
    flip = smallest_flip(logits, int(logits[-1].argmax()))
    erasure = smallest_erasure(model, image)
    assert flip is not None and len(erasure.patches) == len(patches_in(flip))
    assert int(model(erasure.images[-1:]).argmax()) == erasure.target != int(logits[-1].argmax())


def test_only_whole_sizes_within_the_limit_are_searched():
    model, image = lively(), drawing(INKED)
    with torch.no_grad():
        model.head.weight.zero_()
    answer, done = int(model(image[None]).argmax()), []
    target = (answer + 1) % 10
    erasure = smallest_erasure(model, image, target, limit=25, progress=lambda *state: done.append(state))
    assert (erasure.reached, erasure.searched, erasure.patches.tolist()) == (False, 2, [])
    assert done[-1] == (21, 21)  # six of one patch, fifteen of two
    assert [largest_size(16, 2**16), largest_size(20, 2**14), largest_size(0, 9)] == [16, 4, 0]
    with pytest.raises(ValueError, match="another class than the answer"):
        smallest_erasure(model, image, answer)
