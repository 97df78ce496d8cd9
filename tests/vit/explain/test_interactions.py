"""Compare interactions with known ones, with their definition, and with the inverse transform."""

from itertools import combinations

import numpy as np
import pytest
import torch

from tests.vit.explain.games import as_table, random_table
from vit.explain.decisive_sets import patches_in
from vit.explain.interactions import (
    best_terms,
    choose_sets,
    fit_account,
    inverse_moebius,
    moebius,
    r_squared,
    sums_over_supersets,
    walsh_hadamard,
)
from vit.explain.shapley import shapley_values

KNOWN = {(): -1.0, (0,): 3.0, (3,): -2.0, (0, 2): 2.5, (0, 1, 2): -1.5}


def known_table(n: int = 5) -> torch.Tensor:
    """Return a table with exactly the interactions of `KNOWN`, (2**n,)."""
    return as_table(lambda present: sum(value for some, value in KNOWN.items() if set(some) <= present), n)


def number(patches) -> int:
    return sum(2**patch for patch in patches)


def columns(n: int) -> np.ndarray:
    """Return whether the subset of a row contains the set of a column, (2**n, 2**n)."""
    members = [set(patches_in(subset)) for subset in range(2**n)]
    return np.array([[float(some <= present) for some in members] for present in members])


def extends(some: int, sets: list[int]) -> bool:
    """Return whether a set is a single patch, or one of these sets plus one patch."""
    return some.bit_count() == 1 or any(some - 2**patch in sets for patch in patches_in(some))


def fitted_r_squared(values: np.ndarray, design: np.ndarray, sets) -> float:
    """Return the R squared of a linear regression, computed by numpy."""
    chosen = design[:, [0, *sets]]
    rest = values - chosen @ np.linalg.lstsq(chosen, values, rcond=None)[0]
    return 1 - (rest**2).sum() / ((values - values.mean()) ** 2).sum()


def test_moebius_finds_known_interactions():
    expected = torch.zeros(32, dtype=torch.float64)
    for patches, value in KNOWN.items():
        expected[number(patches)] = value
    torch.testing.assert_close(moebius(known_table()), expected)


@pytest.mark.parametrize("n", [0, 1, 3, 5])
def test_an_interaction_is_the_alternating_sum_over_the_subsets(n):
    values, found = random_table(n, seed=n), moebius(random_table(n, seed=n))
    for T in range(2**n):
        parts = [some for m in range(n + 1) for some in combinations(patches_in(T), m)]
        expected = sum((-1) ** (T.bit_count() - len(some)) * float(values[number(some)]) for some in parts)
        assert float(found[T]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_the_inverse_transform_gives_the_table_back(n):
    values = random_table(n)
    torch.testing.assert_close(inverse_moebius(moebius(values)), values)
    torch.testing.assert_close(moebius(inverse_moebius(values)), values)
    torch.testing.assert_close(random_table(n), values, rtol=0, atol=0)  # the table itself does not change


def test_a_patch_has_an_equal_share_of_each_of_its_interactions():
    """Harsanyi 1963: the Shapley value is the sum of a(T) / |T| over the sets T with the patch."""
    values = random_table(5)
    shares = [sum(float(moebius(values)[T]) / T.bit_count() for T in range(32) if T >> i & 1) for i in range(5)]
    assert shapley_values(values).tolist() == pytest.approx(shares)


def test_sums_over_supersets():
    values = random_table(4)
    expected = [sum(float(values[S]) for S in range(16) if S & T == T) for T in range(16)]
    assert sums_over_supersets(values).tolist() == pytest.approx(expected)


def test_a_table_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2\\*\\*n rows, got 6"):
        moebius(torch.zeros(6))


def test_the_account_of_a_table_with_few_interactions_names_them():
    values = known_table()
    selection = choose_sets(values, 20)
    assert set(selection.sets) == {number(patches) for patches in KNOWN if patches}
    account = fit_account(values, selection.sets)
    assert account.start == pytest.approx(KNOWN[()])
    shown = {tuple(patches_in(some)): value for some, value in zip(account.sets, account.values.tolist(), strict=True)}
    assert shown == pytest.approx({patches: value for patches, value in KNOWN.items() if patches})
    assert float(selection.r_squared[-1]) == pytest.approx(1)
    assert r_squared(values, account.table(5)) == pytest.approx(1)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_each_step_takes_the_set_that_a_regression_with_every_set_prefers(n):
    values, design = random_table(n, seed=20 + n), columns(n)
    selection, sets = choose_sets(values, 6), []
    for chosen, explained in zip(selection.sets, selection.r_squared.tolist(), strict=True):
        rest = [some for some in range(1, 2**n) if some not in sets and extends(some, sets)]
        scores = {some: fitted_r_squared(values.numpy(), design, [*sets, some]) for some in rest}
        assert scores[chosen] == pytest.approx(max(scores.values()))
        assert explained == pytest.approx(scores[chosen])
        sets.append(chosen)
    assert len(sets) == min(6, 2**n - 1)


@pytest.mark.parametrize("n", [3, 6])
def test_patches_that_do_not_interact_are_named_one_by_one(n):
    own = [2.0, 1.0, 2.0, -0.5, 0.25, 3.0][:n]
    values = as_table(lambda present: sum(own[i] for i in present), n)
    account = fit_account(values, choose_sets(values, 20).sets)
    assert dict(zip(account.sets, account.values.tolist(), strict=True)) == pytest.approx(
        {2**i: value for i, value in enumerate(own)}
    )


def test_the_values_are_those_of_a_regression():
    values, sets = random_table(5), [3, 8, 21]
    account = fit_account(values, sets)
    expected = np.linalg.lstsq(columns(5)[:, [0, *sets]], values.numpy(), rcond=None)[0]
    assert [account.start, *account.values.tolist()] == pytest.approx(expected.tolist())
    for subset, predicted in enumerate(account.table(5).tolist()):
        complete = [value for some, value in zip(sets, expected[1:], strict=True) if some & subset == some]
        assert predicted == pytest.approx(expected[0] + sum(complete))


@pytest.mark.parametrize("n", [1, 3, 4])
def test_all_sets_explain_everything(n):
    selection = choose_sets(random_table(n), 100)
    assert sorted(selection.sets) == list(range(1, 2**n))
    assert float(selection.r_squared[-1]) == pytest.approx(1)
    assert selection.terms_for(1 - 1e-9) == 2**n - 1
    assert all(step >= 0 for step in selection.r_squared.diff().tolist())


def test_it_stops_when_enough_is_explained():
    values = random_table(5)
    whole, part = choose_sets(values, 31), choose_sets(values, 31, enough=0.6)
    assert part.sets == whole.sets[: whole.terms_for(0.6)]
    assert choose_sets(values, 2).terms_for(0.99) is None


def test_patches_with_other_numbers_get_the_same_account():
    values, order = random_table(4), [2, 0, 3, 1]  # patch i has the number order[i] in the other table
    renumbered = torch.empty_like(values)
    for subset in range(16):
        renumbered[number(order[i] for i in patches_in(subset))] = values[subset]
    one, other = choose_sets(values, 5), choose_sets(renumbered, 5)
    assert other.sets == [number(order[i] for i in patches_in(some)) for some in one.sets]
    torch.testing.assert_close(fit_account(renumbered, other.sets).values, fit_account(values, one.sets).values)


def test_interchangeable_patches_get_the_same_value():
    values = as_table(lambda present: 2.0 * (1 in present) + 2.0 * (3 in present) + (0 in present), 4)
    account = fit_account(values, choose_sets(values, 3).sets)
    assert dict(zip(account.sets, account.values.tolist(), strict=True)) == pytest.approx({2: 2.0, 8: 2.0, 1: 1.0})


def test_a_patch_without_effect_is_in_no_set():
    values = as_table(lambda present: float(sum(i + 1 for i in present - {2}) ** 2), 4)
    sets = choose_sets(values, 16).sets
    assert sets
    assert not any(some & 4 for some in sets)
    assert (moebius(values)[[some for some in range(16) if some & 4]].abs() < 1e-9).all()


@pytest.mark.parametrize("n", [0, 3])
def test_a_constant_table_needs_no_sets(n):
    values = torch.full((2**n,), 1.5, dtype=torch.float64)
    assert choose_sets(values, 5).sets == []
    assert fit_account(values, []).table(n).tolist() == pytest.approx([1.5] * 2**n)


def test_walsh_hadamard_is_the_mean_with_a_sign_for_each_patch():
    values = random_table(4)
    for T, found in enumerate(walsh_hadamard(values).tolist()):
        signed = [float(values[S]) * (-1) ** (S & T).bit_count() for S in range(16)]
        assert found == pytest.approx(sum(signed) / 16)


def test_no_other_walsh_terms_explain_more():
    """Compare with a regression on every choice of equally many terms."""
    values, signs = (
        random_table(3).numpy(),
        np.array([[(-1) ** (S & T).bit_count() for T in range(8)] for S in range(8)]),
    )
    curve = best_terms(walsh_hadamard(random_table(3))).tolist()
    for k in range(1, 8):
        best = max(fitted_r_squared(values, signs, sets) for sets in combinations(range(1, 8), k))
        assert curve[k - 1] == pytest.approx(best)
