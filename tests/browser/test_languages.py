"""Test the page in each language, chosen by the browser, by the visitor and by a link."""

import json
import re
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from demo.component import base_path
from demo.safety.rate_limit import BUSY
from demo.steps import STEPS, name_of
from tests.browser.conftest import SCREEN, clear
from tests.browser.test_layout import OUTSIDE, PHONE
from tests.browser.visitor import MOUNTED
from tests.demo.test_languages import catalogue

pytestmark = pytest.mark.browser

LOCALES = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "zh": "zh-CN"}
DECIMAL_SIGNS = {"en": ".", "de": ",", "es": ",", "fr": ",", "zh": "."}
ONE = [[(140, 40), (140, 90), (140, 160), (140, 240)]]


class Reader:
    """A visitor who opens the page in a language; `Visitor` waits for English texts."""

    def __init__(self, page, url, viewport):
        self.page = page
        self.errors = []
        page.set_viewport_size(viewport)
        page.on("pageerror", self.note)
        page.goto(url)
        self.wait()

    def note(self, error):
        """Record an error of the page's scripts."""
        self.errors.append(str(error))

    def leave(self, app):
        """Leave the page as a next reader may find it."""
        self.page.remove_listener("pageerror", self.note)
        clear(self.page, app)

    def wait(self):
        """Wait until the drawing is read and the choice of the language is there."""
        expect(self.page.locator("#pad [aria-busy=false]")).to_be_attached(timeout=30_000)
        expect(self.page.locator("#bars .summary")).not_to_be_empty(timeout=30_000)
        expect(self.page.locator("#languages option")).to_have_count(5)

    def choose(self, language):
        """Choose another language, which reloads the page."""
        with self.page.expect_event("load"):
            self.page.locator("#languages select").select_option(language)
        self.wait()

    def language(self):
        return self.page.evaluate("document.documentElement.lang")

    def missing(self):
        """Return the messages that the page asked for and that have no translation."""
        return self.page.evaluate(
            "async path => [...(await import(new URL(path, document.baseURI))).missing].sort()",
            f"{base_path()}/web/language.js",
        )

    def views(self):
        """Open all views one after the other, unfold their details, and yield their names."""
        for step in STEPS:
            self.page.locator(f'#navigation [data-step="{step.name}"]').click()
            for name in map(name_of, step.views):
                if len(step.views) > 1:
                    self.page.locator(f'#navigation [data-view="{name}"]').click()
                self.page.wait_for_function(MOUNTED)
                self.page.wait_for_timeout(500)
                folded = self.page.locator("#tabs details.details:not([open]) > summary:visible")
                while folded.count():
                    folded.first.click()
                yield name


@pytest.fixture
def read_in(browser, app, idle):
    """Return a function that opens the page in a language, or with a link, in a kept page if there is one."""
    readers = []

    def open_page(language=None, link="", viewport=SCREEN, **options):
        options = {"locale": LOCALES[language or "en"]} | options
        pages = idle[json.dumps(["reader", options], sort_keys=True)]
        page = pages.pop() if pages else browser.new_context(**options).new_page()
        readers.append((Reader(page, app + link, viewport), pages))
        return readers[-1][0]

    yield open_page
    for reader, pages in readers:
        reader.leave(app)
        pages.append(reader.page)
    assert [reader.errors for reader, _ in readers] == [[]] * len(readers)


def translated(language, message, **values):
    text = message if language == "en" else catalogue(language)[message]
    return text.format(**values)


@pytest.mark.parametrize("language", DECIMAL_SIGNS)
def test_the_page_is_in_the_language_of_the_browser(read_in, language):
    reader = read_in(language)
    check_texts(reader, language)
    check_titles(reader.page)
    check_numbers(reader, DECIMAL_SIGNS[language])
    check_header(reader.page)


def check_texts(reader, language):
    """Check that the page is in a language: its choice, the title, the answer."""
    assert reader.language() == language
    expect(reader.page.locator("#languages select")).to_have_value(language)
    expect(reader.page.locator("#bars .summary")).to_have_text(translated(language, "Read as {digit}", digit=7))
    expect(reader.page.locator("#bars h2")).to_have_text(translated(language, "It reads"))
    expect(reader.page.locator("#welcome .prose p")).to_have_text(
        translated(language, "Draw a digit, watch a small vision transformer read it, and ask it why.")
    )
    assert reader.page.title() == translated(language, "Inkling: a vision transformer that you can touch")


def check_titles(page):
    """Check that the titles of the steps do not overlap."""
    boxes = [title.bounding_box() for title in page.locator("#navigation .steps .title").all()]
    for left, right in pairwise(boxes):
        assert left["x"] + left["width"] <= right["x"]
    over = "all => all.filter(title => title.scrollWidth > title.clientWidth + 1).map(title => title.textContent)"
    assert page.locator("#navigation .steps .title").evaluate_all(over) == []


def check_numbers(reader, sign):
    """Check the decimal sign of the probabilities of some examples, and of the model's accuracy."""
    for label in reader.page.locator("#pad .shelf button").all()[:5]:
        label.click()
        reader.page.wait_for_timeout(300)
        reader.wait()
        shares = reader.page.locator("#bars .share").all_inner_texts()
        assert all(re.fullmatch(rf">?\d+(\{sign}\d)?\s?%", share) for share in shares), shares
    assert re.search(rf"99\{sign}\d\d", reader.page.locator("#pad .name").inner_text())


def check_header(page):
    """Check that the header is low at every width, with a title of one line.

    Phones and tablets have two rows; from 900 pixels on one row of buttons; wide windows a sentence beside it.
    """
    for width in (360, 480, 599, 600, 768, 899, 900, 1000, 1199, 1200, 1280, 1499, 1500, 1920):
        page.set_viewport_size({"width": width, "height": 720})
        header, title = (page.locator(part).bounding_box() for part in ("#welcome", "#welcome h1"))
        assert header["height"] <= (50 if 900 <= width < 1500 else 90), width
        assert title["height"] < 40, width


@pytest.mark.parametrize("language", DECIMAL_SIGNS)
def test_on_a_phone_the_header_has_two_rows_and_no_titles_overlap(read_in, language):
    page = read_in(language, **PHONE | {"viewport": {"width": 360, "height": 740}}).page
    for width in (360, 640, 760) if language == "en" else (360,):
        page.set_viewport_size({"width": width, "height": 740})
        check_rows(page, width)
    page.set_viewport_size(PHONE["viewport"])
    check_titles(page)


def check_rows(page, width):
    """Check the two rows: one with the title, "Make a lesson" and the language; one with the three other buttons."""
    buttons = page.locator("#welcome :is(.open, .all-terms, .copy, .make, #languages select):visible")
    expect(buttons).to_have_count(5)
    boxes = [button.bounding_box() for button in buttons.all()]
    rows = [round(box["y"] + box["height"] / 2) for box in boxes]  # in the order of the page: the language is last
    assert rows[-1] == rows[-2] < rows[0] == rows[1] == rows[2]
    assert max(box["x"] + box["width"] for box in boxes) <= width


def test_unknown_languages_get_english(read_in):
    reader = read_in(locale="nl-NL")
    assert reader.language() == "en"
    expect(reader.page.locator("#bars .summary")).to_have_text("Read as 7")
    assert reader.missing() == []


def test_the_chosen_language_and_the_drawing_stay(read_in):
    reader = read_in()
    reader.page.get_by_role("button", name="Clear", exact=True).click()
    box = reader.page.locator("#pad .sheet canvas").bounding_box()
    spots = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280) for x, y in ONE[0]]
    reader.page.mouse.move(*spots[0])
    reader.page.mouse.down()
    for spot in spots[1:]:
        reader.page.mouse.move(*spot)
    reader.page.mouse.up()
    expect(reader.page.locator("#bars .summary")).to_have_text("Read as 1")
    reader.page.locator('#navigation [data-step="cut"]').click()
    reader.page.wait_for_timeout(900)  # until the address is updated
    stored = "JSON.parse(sessionStorage['inkling-sheet']).strokes"
    drawn = reader.page.evaluate(stored)
    for language in ("de", "zh", "en"):
        reader.choose(language)
        assert reader.language() == language
        expect(reader.page.locator("#bars .summary")).to_have_text(translated(language, "Read as {digit}", digit=1))
        expect(reader.page.locator('#navigation [data-step="cut"]')).to_have_attribute("aria-current", "step")
        assert reader.page.evaluate(stored) == drawn
    reader.page.reload()
    reader.wait()
    assert reader.language() == "en"


def test_a_link_opens_the_page_in_its_language(read_in):
    reader = read_in("de", "#view=attention&lang=fr&sheet=example-3")
    assert reader.language() == "fr"
    expect(reader.page.locator("#bars .summary")).to_have_text(translated("fr", "Read as {digit}", digit=3))
    reader.page.evaluate("location.hash = '#view=patches&lang=es&sheet=example-4'")
    expect(reader.page.locator("html")).to_have_attribute("lang", "es")
    reader.wait()
    expect(reader.page.locator("#bars .summary")).to_have_text(translated("es", "Read as {digit}", digit=4))
    expect(reader.page.locator('#navigation [data-step="cut"]')).to_have_attribute("aria-current", "step")


def test_the_address_has_the_language_if_it_is_not_the_browsers(read_in):
    reader = read_in()
    reader.page.locator('#navigation [data-step="cut"]').click()
    reader.page.wait_for_function("location.hash.length > 1")
    assert "lang" not in urlsplit(reader.page.url).fragment
    reader.choose("fr")
    reader.page.wait_for_function("location.hash.includes('lang=fr')")
    reader.choose("en")
    reader.page.wait_for_timeout(900)
    assert "lang" not in urlsplit(reader.page.url).fragment
    expect(reader.page.locator('#navigation [data-step="cut"]')).to_have_attribute("aria-current", "step")


@pytest.mark.parametrize(("language", "width"), [("de", 390), ("es", 1280), ("fr", 1280), ("zh", 390)])
def test_every_message_of_a_view_is_translated_and_nothing_sticks_out_of_the_window(read_in, language, width):
    """On a touch screen the row of examples is wider than the window, and scrolls by itself."""
    reader, names = read_in(language, viewport={"width": width, "height": 844}), []
    for name in reader.views():
        names.append(name)
        for shown in (width, 1670 - width):
            reader.page.set_viewport_size({"width": shown, "height": 844})
            reader.page.wait_for_timeout(300)
            reader.page.evaluate("scrollTo(0, 0)")
            scrolled, inner = reader.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert scrolled <= inner, (name, shown)
            assert reader.page.evaluate(OUTSIDE) == [], (name, shown)
        reader.page.set_viewport_size({"width": width, "height": 844})
    assert len(names) == sum(len(step.views) for step in STEPS)
    assert reader.missing() == []


def test_a_message_of_gradio_is_translated(read_in):
    """The server refuses a training because of too many requests."""
    page = read_in("de", "#view=train").page
    page.route("**/queue/join*", lambda route: route.fulfill(status=429, json={"detail": BUSY}))
    page.locator('#begin [data-experiment="quick"]').click()
    message = page.locator(".toast-wrap")
    expect(message).to_contain_text("Fehler", timeout=30_000)
    expect(message).to_contain_text(catalogue("de")[BUSY])
