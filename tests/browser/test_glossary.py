"""Test that terms are marked in the text and explained by mouse, touch and keyboard, and that drawing is not slowed."""

import re

import pytest
from playwright.sync_api import Page, expect

from demo.glossary import terms
from demo.steps import TABS, name_of
from demo.tabs import overview
from tests.browser.axe import faults

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SEVEN = [[(80, 60), (200, 60), (130, 240)]]

MARKED = """selector => [...(CSS.highlights.get("glossary") ?? [])]
    .filter(({ startContainer: node }) => node.isConnected && node.parentElement.closest(selector))
    .map(({ startContainer: node, startOffset, endOffset }) => node.data.slice(startOffset, endOffset).toLowerCase())"""

# The middle of a marked word in the window.
SPOT = """([selector, word]) => {
    const mark = [...(CSS.highlights.get("glossary") ?? [])].find(({ startContainer: node, startOffset, endOffset }) =>
        node.parentElement?.closest(selector) && node.data.slice(startOffset, endOffset).toLowerCase() === word);
    const range = document.createRange();
    range.setStart(mark.startContainer, mark.startOffset);
    range.setEnd(mark.endContainer, mark.endOffset);
    mark.startContainer.parentElement.scrollIntoView({ block: "center", behavior: "instant" });
    const box = range.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@pytest.fixture
def visit(visit):
    """Open the page as `visit` does, and then Patches, whose text has many terms."""

    def visit_patches(**options):
        visitor = visit(**options)
        visitor.open_tab("Patches", unfold=False)
        return visitor

    return visit_patches


def wait_for_mark(page: Page, selector: str, word: str) -> None:
    page.wait_for_function(f"([selector, word]) => ({MARKED})(selector).includes(word)", arg=[selector, word])


def spot(page: Page, selector: str, word: str) -> tuple[float, float]:
    """Return the position of a marked word; the page scrolls to it."""
    wait_for_mark(page, selector, word)
    page.evaluate(SPOT, [selector, word])
    page.wait_for_timeout(200)
    x, y = page.evaluate(SPOT, [selector, word])
    return x, y


def card(page: Page):
    return page.get_by_role("dialog").filter(has=page.get_by_role("button", name="Show me", exact=True))


def point_at(page: Page, selector: str, word: str) -> None:
    """Point at a marked word until its card is there; marks move when a view has got more text."""
    for _ in range(5):
        x, y = spot(page, selector, word)
        page.mouse.move(x - 3, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(1500)
        if page.locator("#glossary .card").is_visible():
            return


def within_the_window(page: Page) -> bool:
    return page.locator("#glossary .card").evaluate(
        """card => {
            const box = card.getBoundingClientRect();
            return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
        }"""
    )


def test_pointing_at_a_term_explains_it(page):
    x, y = spot(page, "#patches", "tokens")
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(card(page)).to_have_accessible_name("Token")
    expect(card(page)).to_contain_text("A token is a list of numbers")
    assert within_the_window(page)
    box = page.locator("#glossary .card").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 30, steps=4)  # the card can be reached
    page.wait_for_timeout(600)
    expect(card(page)).to_be_visible()
    page.mouse.move(5, 5)
    expect(page.locator("#glossary .card")).to_be_hidden()


def test_escape_closes_the_card_and_the_focus_stays(page):
    button = page.get_by_role("button", name="Glossary", exact=True)
    button.focus()
    point_at(page, "#patches", "patches")
    expect(card(page)).to_have_accessible_name("Patch")
    page.keyboard.press("Escape")
    expect(page.locator("#glossary .card")).to_be_hidden()
    expect(button).to_be_focused()


def test_show_me_opens_the_place_of_a_term(page):
    page.locator("#patches .details > summary").click()
    point_at(page, "#patches .details", "cls")
    expect(card(page)).to_have_accessible_name("cls")
    card(page).get_by_role("button", name="Show me").click()
    expect(page.locator("#glossary .card")).to_be_hidden()
    expect(page.locator("#patches .token.cls")).to_be_focused()
    expect(page.locator("#patches .token.cls")).to_be_in_viewport()
    expect(page.locator("#patches .title")).to_contain_text("cls")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_tap_explains_a_term_on_a_small_phone(visit, theme):
    visitor = visit(**PHONE, color_scheme=theme)
    page = visitor.page
    page.locator("#patches .details > summary").tap()
    for word, name in (("transformer", "Transformer"), ("attention weights", "Attention weight")):
        page.touchscreen.tap(*spot(page, "#patches", word))
        expect(card(page)).to_have_accessible_name(name)
        assert within_the_window(page)
        page.touchscreen.tap(180, 20)
        expect(page.locator("#glossary .card")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_list_by_keyboard_starts_with_the_views_terms_and_can_be_searched(visitor):
    page = visitor.page
    visitor.open_tab("Inside")
    wait_for_mark(page, "#inside", "value")
    button = page.get_by_role("button", name="Glossary", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Glossary")
    expect(dialog.locator(".terms li")).to_have_count(len(terms()))
    terms_of_view = dialog.locator(".chips button").all_inner_texts()
    assert {"Query", "Key", "Value", "Head"} <= set(terms_of_view)
    assert "Epoch" not in terms_of_view
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.locator(".chips button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.locator(f'.terms li:has(h3:text-is("{terms_of_view[0]}")) h3')).to_be_focused()
    dialog.get_by_role("searchbox").fill("softm")
    expect(dialog.locator(".terms h3").first).to_have_text("Softmax")
    dialog.get_by_role("searchbox").fill("no such word")
    expect(dialog.get_by_role("status")).to_have_text("0 found")
    page.keyboard.press("Escape")  # clears the search, as in any search field
    expect(dialog.locator(".terms li")).to_have_count(len(terms()))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_show_me_in_the_list_opens_the_place(visitor):
    page = visitor.page
    page.get_by_role("button", name="Glossary", exact=True).click()
    page.get_by_role("button", name="Show me: Patch", exact=True).click()
    expect(page.get_by_role("dialog", name="Glossary")).to_be_hidden()
    expect(page.locator("#patches .grid")).to_be_focused()


def test_each_view_marks_each_term_once_and_the_place_of_each_term_exists(visitor):
    """Each tab is opened once; parts that only a training shows may be hidden."""
    for tab in TABS:
        visitor.open_tab(tab.TITLE)
        if tab is not overview:  # its only sentence has no term
            check_marks(visitor.page, tab.TITLE)
        name = name_of(tab)
        for selector in sorted(
            {term["show"].get("selector", "") for term in terms() if term["show"].get("view") == name}
        ):
            if selector:
                expect(visitor.page.locator(selector).first).to_be_attached(timeout=30_000)
            assert not re.search(r"[<>]", selector)


def check_marks(page: Page, title: str) -> None:
    """Check that the open view has marks, each of another term."""
    page.wait_for_function(f"() => ({MARKED})('[role=tabpanel]').length > 0")
    page.wait_for_timeout(1200)
    texts = page.evaluate(MARKED, "[role=tabpanel]:not([style*=none])")
    assert texts, title
    assert len(set(texts)) == len(texts), (title, texts)


def test_a_word_has_the_meaning_of_its_view(visitor):
    """The head of Layers is the classification head; those of Attention are attention heads."""
    page = visitor.page
    visitor.open_tab("Layers")
    page.mouse.move(*spot(page, "#layers .advice", "head"))
    expect(card(page)).to_have_accessible_name("Classification head")
    visitor.open_tab("Attention")
    page.mouse.move(*spot(page, "#attention h3", "heads"))
    expect(card(page)).to_have_accessible_name("Head")


def test_the_settings_of_a_training_are_explained_and_keep_their_focus(visitor):
    """A tap on a label explains its word, and does not move the focus into the number beside it."""
    page = visitor.page
    visitor.open_tab("Train")
    for accordion in page.locator("#tabs [role=tabpanel] button.label-wrap:visible").all():
        accordion.click()
    for word in ("learning rate", "weight decay", "seed", "dropout", "optimizer"):
        wait_for_mark(page, "[data-testid=block-info]", word)
    page.mouse.click(*spot(page, "[data-testid=block-info]", "seed"))
    expect(card(page)).to_have_accessible_name("Seed")
    expect(page.get_by_role("spinbutton", name="Seed")).not_to_be_focused()


def test_text_that_a_script_changes_is_marked_again(page):
    wait_for_mark(page, "#patches", "tokens")
    page.locator("#patches .lead").first.evaluate("part => { part.textContent = 'A seed and an epoch.' }")
    wait_for_mark(page, "#patches", "seed")
    assert "epoch" in page.evaluate(MARKED, "#patches .lead")
    page.mouse.move(*spot(page, "#patches", "epoch"))
    expect(card(page)).to_have_accessible_name("Epoch")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_card_and_the_list(visit, theme):
    page = visit(color_scheme=theme).page
    page.mouse.move(*spot(page, "#patches", "tokens"))
    expect(card(page)).to_be_visible()
    assert faults(page, ["#glossary"]) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Glossary", exact=True).click()
    page.wait_for_timeout(300)
    assert faults(page, ["#glossary"]) == []


COUNT = """
window.added = 0;
const add = Highlight.prototype.add;
Highlight.prototype.add = function (...ranges) { window.added += 1; return add.apply(this, ranges); };
0;
"""


def test_drawing_marks_nothing(visit):
    """While the pen moves no term is marked, however often the drawing is read; afterwards each at most once."""
    visitor = visit()
    page = visitor.page
    wait_for_mark(page, "#patches", "tokens")
    visitor.press("Clear")
    page.wait_for_timeout(2000)
    page.evaluate(COUNT)
    before = len(visitor.readings)
    x, y = visitor.spot(SEVEN[0][0])
    page.mouse.move(x, y)
    page.mouse.down()
    for at in range(60):
        page.mouse.move(x + at, y)
        page.wait_for_timeout(25)
    assert len(visitor.readings) > before + 3
    assert page.evaluate("added") == 0
    page.mouse.up()
    page.wait_for_timeout(2500)
    marks = len(page.evaluate(MARKED, "#shared, [role=tabpanel]"))
    assert page.evaluate("added") <= marks


def test_the_card_of_a_tour_and_the_task_of_a_step_have_marks(visitor):
    """Terms that are new to a first visitor are there."""
    page = visitor.page
    wait_for_mark(page, "#navigation .here", "patch")
    page.get_by_role("button", name="Take the tour").click()
    page.locator('#tours [data-tour="how_it_reads"]').click()
    for _ in range(5):
        page.locator("#tours .next").click()
    wait_for_mark(page, "#tours .card", "token")
    page.mouse.move(*spot(page, "#tours .card", "token"))
    expect(card(page)).to_contain_text("token")
