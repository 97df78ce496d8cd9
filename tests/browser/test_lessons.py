"""Test the lessons in docs/lessons/: each link opens the stated view, and the page shows the stated numbers."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_links import decode, encode, follow, opened  # noqa: F401 (a fixture)
from tests.serving import ROOT

pytestmark = pytest.mark.browser

LESSONS = sorted((ROOT / "docs" / "lessons").glob("*.md"))
LINK = re.compile(r"\[([^\]]*)\]\(http://127\.0\.0\.1:7860/(#[^)\s]*)\)")
LINKS = [(path, *found) for path in LESSONS for found in LINK.findall(path.read_text(encoding="utf-8"))]


def link_of(words: str) -> str:
    """Return the link with these words."""
    return next(hash_ for _, text, hash_ in LINKS if text == words)


def test_the_links_of_the_three_lessons_are_those_that_the_page_makes():
    assert len(LESSONS) == 3
    for path, _, hash_ in LINKS:
        state = decode(hash_)
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert state["lesson"]["title"] == title
        assert state["view"] in state["lesson"]["views"]
        assert f"#{encode(state)}" == hash_
    minutes = [sum(map(int, re.findall(r"\((\d+) minutes\)", path.read_text(encoding="utf-8")))) for path in LESSONS]
    assert minutes == [45, 45, 45]


def test_each_link_opens_its_view_within_the_lesson(follow):  # noqa: F811
    visitor = follow(LINKS[0][2])
    for _, _, hash_ in LINKS:
        state = decode(hash_)
        visitor.page.evaluate("hash => { location.hash = hash }", hash_)
        opened(visitor, state["view"])
        expect(visitor.page.locator("#links .lesson")).to_contain_text(state["lesson"]["title"])
        expect(visitor.page.locator("#links .toast .message")).to_have_text("")
        if "example" in state["sheet"]:
            expect(visitor.spoken).to_contain_text(f"Read as {state['sheet']['example']}")


WHEN_NUMBERS = [("The 2, stroke by stroke", "83 %"), ("The same with a 7", "50 %"), ("And with a 1", "6 %")]
WHY_NUMBERS = [
    (
        "Why a 7?",
        "Attention is strongest at row 2, column 3, which is number 2 of 7 by value; the largest value is at "
        "row 2, column 2. Over all patches: rank agreement 0.36",
    ),
    ("A 4", "rank agreement 0.97"),
    ("A 2", "Attention is strongest at row 2, column 3, which is number 8 of 10 by value"),
    ("A 2", "rank agreement 0.19"),
    ("A 1", "rank agreement 0.10"),
    ("A 1", "No patch is needed"),
    ("The same 4, read by the model with 49 patches", "rank agreement −0."),
]


@pytest.mark.parametrize(
    ("place", "statements"), [("#when .summary", WHEN_NUMBERS), ("#why", WHY_NUMBERS)], ids=["When", "Why"]
)
def test_the_view_of_a_link_shows_the_numbers_of_the_lesson(follow, place, statements):  # noqa: F811
    visitor = follow(link_of(statements[0][0]))
    for words, text in statements:
        visitor.page.evaluate("hash => { location.hash = hash }", link_of(words))
        expect(visitor.page.locator(place)).to_contain_text(text, timeout=60_000)


def test_without_two_patches_the_prediction_is_no_longer_four(follow):  # noqa: F811
    visitor = follow(link_of("The 4, to rub out"))
    cells = visitor.page.locator("#whatif .frame rect")
    summary = visitor.page.locator("#whatif .summary")
    expect(summary).to_contain_text("4", timeout=30_000)
    cells.nth(9).click()
    cells.nth(10).click()
    expect(summary).to_contain_text(re.compile("Now|now"), timeout=30_000)
    expect(summary).not_to_contain_text(re.compile("(still|Still) (a )?4"))
    shares = visitor.page.locator("#whatif .bars .share").all_inner_texts()
    assert float(shares[4].strip("<> %")) < max(float(share.strip("<> %")) for share in shares)
