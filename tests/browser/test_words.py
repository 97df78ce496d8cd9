"""Test that one thing has one word on the page: patches are counted, a layer is no block, a model has parameters."""

import re

import pytest
from playwright.sync_api import Page, expect

from demo.steps import TABS
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
OLD = {
    "a grid beside a count": r"\d+\s?[×x]\s?\d+ patches",
    "a size without its unit": r"[Pp]atches of \d+\s?[×x]\s?\d+(?! pixels)",
    "a block": r"\b[Bb]locks?\b",
    "weights of a model": r"(?<!ttention )\b[Ww]eights?\b(?! decay)",
}
FILE_NAME = r"digits-\dx\d"  # allowed only in a tooltip or a command line

# All text, hidden or not, and all text attributes: tooltips, names, alternatives, hints.
WORDS = """() => {
    const found = [];
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE && node.data.trim()) {
            const command = node.parentElement?.closest("code, pre");
            found.push([command ? "command" : "text", node.data.trim()]);
        }
        if (node.nodeType === Node.ELEMENT_NODE) {
            if (["SCRIPT", "STYLE", "NOSCRIPT"].includes(node.tagName)) return;
            for (const name of ["title", "aria-label", "aria-description", "aria-valuetext", "alt", "placeholder"])
                if (node.getAttribute(name)) found.push([name, node.getAttribute(name)]);
        }
        for (const child of [...node.childNodes, ...(node.shadowRoot ? [node.shadowRoot] : [])]) walk(child);
    };
    walk(document.body);
    return found;
}"""


def check(page: Page, where: str) -> int:
    """Check that none of the old words is on the page; return the number of its texts."""
    found = page.evaluate(WORDS)
    for kind, text in found:
        for name, pattern in OLD.items():
            assert not re.search(pattern, text), f"{where}: {name} in a {kind}: {text!r}"
        if kind not in ("title", "command"):
            assert not re.search(FILE_NAME, text), f"{where}: a file's name in a {kind}: {text!r}"
    return len(found)


def settle(visitor: Visitor, title: str) -> None:
    """Open a tab and give it time to show its content."""
    visitor.open_tab(title)
    expect(visitor.page.locator("#tabs h2:visible").first).to_be_visible()
    visitor.page.wait_for_timeout(1500)


def test_no_tab_has_the_old_words(visitor):
    for label in ("16 patches", "49 patches"):
        visitor.read_by(label)
        expect(visitor.reader).to_contain_text(re.compile(rf"{label}, [\d,]+ parameters"))
        for tab in TABS:
            settle(visitor, tab.TITLE)
            assert check(visitor.page, f"{label}, {tab.TITLE}") > 50


def test_the_name_of_the_file_is_in_the_tooltip(visitor):
    group = visitor.page.get_by_role("radiogroup", name="Read by")
    for label, name in (("16 patches", "digits-4x4"), ("49 patches", "digits-7x7")):
        titled = group.locator(f'[title^="{name}"]')
        expect(titled).to_have_count(1)
        expect(titled).to_contain_text(label)


def test_the_parts_of_a_gradient_step_are_called_layers(visitor):
    visitor.open_tab("Train")
    visitor.page.locator("#gradient-step").scroll_into_view_if_needed()
    expect(visitor.page.locator('#gradient-step [data-block="1"]')).to_contain_text("Layer 2", timeout=60_000)
    assert check(visitor.page, "Train") > 50
