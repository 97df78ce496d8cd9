"""Test the lessons in docs/lessons/ (each link opens its view, with the stated numbers) and how a lesson is made."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.address import ONE, decode, encode, opened
from tests.browser.test_layout import PHONE
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


def test_each_link_opens_its_view_within_the_lesson(follow):
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
def test_the_view_of_a_link_shows_the_numbers_of_the_lesson(follow, place, statements):
    visitor = follow(link_of(statements[0][0]))
    for words, text in statements:
        visitor.page.evaluate("hash => { location.hash = hash }", link_of(words))
        expect(visitor.page.locator(place)).to_contain_text(text, timeout=60_000)


def test_without_two_patches_the_prediction_is_no_longer_four(follow):
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


# --- making a lesson


def make_lesson(visitor, title, views):
    """Make a lesson in the dialog, by keyboard; return its link."""
    page = visitor.page
    page.get_by_role("button", name="Make a lesson").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Make a lesson")
    expect(dialog.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Give the lesson a title.")
    page.keyboard.type(title)
    for box in dialog.locator('[name="view"]').all():
        box.set_checked(box.get_attribute("value") in views)
    dialog.get_by_label("Show settings").uncheck()
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_label("Link to the lesson").input_value()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    return link


def test_a_lesson_shows_only_its_views_until_it_is_left(visitor, follow):
    visitor.draw(ONE)
    visitor.wait_for_reading()
    title = "Who looks? & <b>why</b>"
    link = make_lesson(visitor, title, {"attention", "why", "train"})
    pupil = follow(link)
    page = pupil.page
    opened(pupil, "attention")
    assert pupil.wait_for_reading() == 1
    expect(page.locator("#links .lesson")).to_contain_text(f"Lesson: {title}")
    steps = page.locator("#navigation .steps li:visible .title")
    expect(steps).to_have_text(["Look", "Question", "Make"])
    expect(page.locator("#pad .models")).to_be_hidden()
    invitation = page.locator("#tours .invitation")
    expect(page.get_by_role("button", name="Take the tour")).to_be_visible()
    expect(invitation).to_be_hidden()
    page.locator('#navigation [data-step="question"]').click()
    opened(pupil, "why")
    page.locator("#next-question button").click()
    opened(pupil, "train")
    expect(page.locator("#training-settings")).to_be_hidden()
    expect(page.locator("#next-question button")).to_be_hidden()
    page.wait_for_function("location.hash.includes('view=train') && location.hash.includes('lesson=')")
    pupil.reload()
    expect(page.locator("#links .lesson")).to_be_visible()
    page.get_by_role("button", name="Leave the lesson").click()
    expect(page.locator("#links .lesson")).to_be_hidden()
    expect(invitation).to_be_visible()
    expect(steps).to_have_count(6)
    expect(page.locator("#pad .models")).to_be_visible()
    page.wait_for_function("!location.hash.includes('lesson')")
    pupil.errors = [error for error in pupil.errors if "Abort" not in error and "Connection" not in error]


def test_a_lesson_is_made_on_a_phone(visit, follow):
    phone = visit(**PHONE).page
    phone.get_by_role("button", name="Make a lesson").tap()
    dialog = phone.locator("#links dialog")
    dialog.get_by_label("Title").fill("Look")
    dialog.get_by_role("button", name="Make the link").tap()
    page = follow(dialog.get_by_label("Link to the lesson").input_value(), **PHONE).page
    expect(page.locator("#links .lesson b")).to_have_text("Look")
    expect(page.locator("#navigation .steps li:visible")).to_have_count(1)


def test_lesson_title_is_escaped_in_its_link():
    lesson = {"title": "Ärger & Co. #1", "views": ["why"], "controls": True, "tour": None}
    link = encode({"lesson": lesson})
    assert quote("Ärger & Co. #1") in link and re.fullmatch(r"[!-~]+", link)
    assert decode(link) == {"lesson": lesson}
