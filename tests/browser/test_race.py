"""Race in Chromium: three networks learn and read the drawing; stopped, they are tested and asked why."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.figure_file import figure_of, table_of

pytestmark = pytest.mark.browser


def check_files(visitor, view, folder):
    """Check the figure and the data against what the view shows."""
    figure = figure_of(visitor, "race", folder, "ViT, CNN, MLP")
    assert " ".join(figure.texts("title")) == view.locator(".summary").inner_text()
    assert len(figure.patches()) == 3 * 16 and len(figure.scales()) == 1 and len(figure.signs()) == 3
    shown = view.locator(".changes td").all_inner_texts()[1:]  # without the corner
    assert len(shown) == 18 and set(shown) <= set(figure.texts())
    rows = table_of(visitor, "race")
    tested = [row for row in rows if row["of"].startswith("test digits")]
    assert sorted(f"{100 * float(row['value']):.1f} %" for row in tested) == sorted(shown)
    sums = {
        name: sum(float(row["value"]) for row in rows if row["network"] == name and row["quantity"] == "probability")
        for name in ("vit", "cnn", "mlp")
    }
    assert all(abs(total - 1) < 1e-3 for total in sums.values())
    assert sum("Shapley" in row["quantity"] for row in rows) == 3 * 16


def test_a_race_is_followed_stopped_and_explained(visitor, tmp_path):
    visitor.open_tab("Race")
    view = visitor.page.locator("#race")
    view.get_by_role("button", name="Start the race").click()
    cards = view.locator(".card")
    expect(cards).to_have_count(3, timeout=90_000)
    expect(cards.first.locator(".weights")).to_have_text("269,098 parameters")
    for card in cards.all():
        expect(card.locator(".digit")).to_have_text(re.compile(r"^\d$"), timeout=30_000)
    view.get_by_role("button", name="Stop").click()
    expect(view.locator(".changes tbody tr")).to_have_count(6, timeout=90_000)
    expect(view.locator(".summary")).to_contain_text("With their patches shuffled, the ViT still reads")
    for card in cards.all():
        expect(card.locator(".why")).to_have_text(f"Why {card.locator('.digit').inner_text()}: exact", timeout=90_000)
        expect(card.locator("rect[data-patch]")).to_have_count(16)
    expect(view.locator(".message")).to_have_text("")
    check_files(visitor, view, tmp_path)
    view.get_by_text("Own seconds").click()
    expect(view.locator(".chart svg")).to_contain_text("seconds of its own training")
    visitor.reload()  # the race is still known
    visitor.open_tab("Race")
    expect(view.locator(".changes tbody tr")).to_have_count(6, timeout=60_000)
