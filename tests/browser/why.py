"""For tests of the tab Why: open it, read its values from the page, and compute them again."""

import re

import pytest
import torch
from playwright.sync_api import expect

import vit
from tests.browser.test_attention import trace_of_sheet
from vit import explain

MAP = '#why [data-map="exact"] rect[data-patch]'


def numbers(visitor) -> list[float]:
    """Return the exact values on the page, one for each patch."""
    labels = [cell.get_attribute("aria-label") or "" for cell in visitor.page.locator(MAP).all()]
    matches = [re.search(r"([+−][\d.]+) log-odds", label) for label in labels]
    assert all(matches), labels
    return [float(match[1].replace("−", "-")) for match in matches if match]


def open_why(visitor) -> None:
    """Open the tab and wait for its answer."""
    visitor.open_tab("Why")
    wait_for_answer(visitor)


def wait_for_answer(visitor) -> None:
    """Wait until nothing is being calculated."""
    expect(visitor.page.locator("#why .answer[aria-busy=false]")).to_be_attached(timeout=60_000)


def exact_of_sheet(visitor, target=None, mask_mode="erased"):
    """Return the exact values of the drawing on the sheet, (16,), by default for the predicted class."""
    image, trace = trace_of_sheet(visitor)
    target = int(trace.logits.argmax()) if target is None else target
    return explain.shapley(vit.load("digits-4x4"), torch.from_numpy(image)[None], target, mask_mode).flatten()


def assert_shown(visitor, expected) -> None:
    """Assert that the page has these values, rounded."""
    for shown, value in zip(numbers(visitor), expected.tolist(), strict=True):
        assert shown == pytest.approx(value, abs=0.051)
