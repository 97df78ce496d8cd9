"""For tests of the pad: two strokes, and an empty sheet."""

from playwright.sync_api import expect

LINE = [[[140, 40], [140, 100], [140, 160], [140, 240]]]
ACROSS = [[[40, 140], [120, 140], [200, 140], [240, 140]]]


def clear(visitor) -> None:
    """Empty the sheet and wait until nothing is read."""
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
