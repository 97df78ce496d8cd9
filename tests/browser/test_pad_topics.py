"""Test the pad's topics on the page's bus: the messages about its sheet, and the requests that it carries out."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LINE = [[[140, 40], [140, 100], [140, 160], [140, 240]]]
TIMED = [[[x, y, 20 * index, 0.5] for index, (x, y) in enumerate(LINE[0])]]


def last_sheet(visitor):
    """Return the message that a view gets if it starts to listen now."""
    return visitor.page.evaluate(
        """bus => import(bus).then(({ on }) => {
            let last = null;
            on("sheet", (sheet) => { last = sheet; });
            return last;
        })""",
        visitor.bus,
    )


def send(visitor, topic, message):
    visitor.page.evaluate(
        "([bus, topic, message]) => import(bus).then(({ tell }) => tell(topic, message))", [visitor.bus, topic, message]
    )


def test_the_sheet_is_sent_after_each_change_and_to_late_listeners(visitor):
    assert last_sheet(visitor)["example"]
    visitor.draw(LINE)
    drawn = last_sheet(visitor)
    assert "example" not in drawn
    assert [len(stroke) for stroke in drawn["strokes"]] == [4]
    visitor.press("Clear")
    assert last_sheet(visitor) == {"strokes": [], "sample": None}
    visitor.press("Undo")
    assert last_sheet(visitor) == drawn


def test_a_sheet_from_the_bus_is_read_and_undo_restores_the_old_one(visitor):
    before = visitor.ink()
    send(visitor, "put", {"strokes": TIMED})
    assert visitor.wait_for_reading() == 1
    assert visitor.asked()["strokes"] == TIMED
    visitor.press("Undo")
    assert visitor.wait_for_reading() == 7
    assert visitor.ink() == before


def test_a_message_chooses_the_model(visitor):
    group = visitor.page.get_by_role("radiogroup", name="Read by")
    tokens = group.locator("input").evaluate_all("inputs => inputs.map(({ value }) => value)")
    send(visitor, "read_by", tokens[1])
    visitor.wait_for_reading()
    assert visitor.asked()["model"] == tokens[1]
    expect(group.locator("input").nth(1)).to_be_checked()
    send(visitor, "read_by", None)
    visitor.wait_for_reading()
    assert visitor.asked()["model"] == tokens[0]


def test_a_message_for_an_expired_model_gets_a_sentence(visitor):
    send(visitor, "read_by", "0" * 32)
    expect(visitor.page.locator("#pad .message")).to_contain_text("no longer stored")
    assert visitor.wait_for_reading() == 7
