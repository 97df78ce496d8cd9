"""A short account of one drawing's answer: few sets of patches, what each adds, and how much they explain."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from vit.explain.decisive_sets import patches_in
from vit.explain.interactions import choose_sets, fit_account
from vit.explain.masking import MaskedModel

SENTENCES = 5
CURVE = (1, 3, SENTENCES, 10, 20)  # terms, of whose accounts the page shows the R squared


def short_account(masked: MaskedModel, values: Tensor) -> dict[str, Any] | None:
    """Pack the account of a table of log-odds (2**n,) in at most `SENTENCES` terms.

    Returns:
        `start`, the log-odds with no term; the `terms` in the order of their choice: their `patches`, ascending,
        numbered row by row from 0, and the `value` that they add; the `curve`: R squared of the accounts with the first
        `terms`, each fitted by itself. None if no patch changes the answer.
    """
    selection = choose_sets(values, max(CURVE))
    if not selection.sets:
        return None
    account = fit_account(values, selection.sets[:SENTENCES])
    terms = [
        {"patches": [int(masked.maskable[index]) for index in patches_in(subset)], "value": round(value, 4)}
        for subset, value in zip(account.sets, account.values.tolist(), strict=True)
    ]
    counts = sorted({min(count, len(selection.sets)) for count in CURVE})
    return {
        "start": round(account.start, 4),
        "terms": terms,
        "curve": [{"terms": count, "r_squared": round(float(selection.r_squared[count - 1]), 4)} for count in counts],
    }
