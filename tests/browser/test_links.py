"""Test links: the address, "Copy link", and what a link restores."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.address import ONE, decode, encode, opened

pytestmark = pytest.mark.browser
SEVEN = [[(70, 60), (140, 60), (210, 60), (170, 140), (120, 230)]]


def hash_of(page):
    return page.evaluate("location.hash")


def copy(visitor):
    """Press "Copy link"; return the link from the clipboard."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.get_by_role("button", name="Copy link").click()
    expect(visitor.page.locator("#links").get_by_text("Link copied")).to_be_visible()
    return visitor.page.evaluate("navigator.clipboard.readText()")


def chosen(page, bus):
    """Return what is chosen in all views."""
    address = bus.replace("bus.js", "selection.js")
    return page.evaluate("address => import(address).then(({ chosen }) => chosen())", address)


def test_the_address_is_empty_until_something_changes_and_then_has_the_state(visitor):
    page = visitor.page
    page.wait_for_timeout(1000)
    assert hash_of(page) == ""
    length = page.evaluate("history.length")
    visitor.draw(ONE)
    page.wait_for_function("location.hash.includes('sheet=ink1-')")
    first = hash_of(page)
    visitor.draw([[(60, 240), (220, 240)]])
    page.wait_for_function("first => location.hash !== first", arg=first)
    assert page.evaluate("history.length") == length
    assert len(decode(hash_of(page))["sheet"]["strokes"]) == 2
    visitor.press("Undo")
    visitor.press("Undo")
    page.wait_for_function("location.hash === ''")


def test_a_copied_link_restores_drawing_view_model_and_choices_elsewhere(visitor, follow):
    visitor.draw(ONE)
    visitor.read_by("49 patches")
    visitor.page.locator("#tabs").get_by_role("tab", name="Attention", exact=True)
    visitor.open_tab("Attention")
    visitor.page.evaluate(
        "address => import(address).then(({ choose }) => choose({ token: 5, layer: 1, head: 0, digit: 3 }))",
        visitor.bus.replace("bus.js", "selection.js"),
    )
    link = copy(visitor)
    assert len(link) <= 2000
    assert decode(link.partition("#")[2]) | {"sheet": None} == {
        "view": "attention",
        "model": "digits-7x7",
        "layer": 1,
        "head": 0,
        "digit": 3,
        "token": 5,
        "sheet": None,
    }
    shares = visitor.probabilities()
    receiver = follow(link)
    opened(receiver, "attention")
    expect(receiver.reader).to_contain_text("49 patches")
    assert receiver.wait_for_reading() == visitor.wait_for_reading()
    expect(receiver.page.locator("#bars .share").first).to_have_text(shares[0])
    bus = visitor.bus
    receiver.page.wait_for_function(
        "address => import(address).then(({ chosen }) => chosen().token === 5)",
        arg=bus.replace("bus.js", "selection.js"),
    )
    assert chosen(receiver.page, bus) == {"token": 5, "layer": 1, "head": 0, "digit": 3, "mask_mode": "erased"}


def test_copy_link_works_by_keyboard_and_shows_the_link_without_clipboard(visitor):
    page = visitor.page
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Link to what the page shows")
    expect(field).to_be_focused()
    assert field.input_value().startswith("http") and "#view=" in field.input_value()
    assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [0, len(field.input_value())]
    expect(page.locator("#links")).to_contain_text("copy the link from here")


def test_a_reload_keeps_the_drawing_exactly_and_the_view(visitor):
    visitor.draw(SEVEN, pause=5)
    visitor.wait_for_reading()
    visitor.page.wait_for_function("location.hash.includes('ink1-')")
    ink, address = visitor.ink(), hash_of(visitor.page)
    visitor.reload()
    assert visitor.ink() == ink
    assert hash_of(visitor.page) == address


def test_a_change_just_before_a_slow_reload_is_not_lost(visitor):
    """The old page still runs while the new one loads: it must not write an address that the new one does not get."""
    visitor.draw(SEVEN, pause=5)
    visitor.page.wait_for_function("location.hash.includes('ink1-')")
    visitor.page.wait_for_timeout(700)
    before = hash_of(visitor.page)
    visitor.page.route(re.compile(r"//[^/]+/(#.*)?$"), lambda route: route.fulfill(response=slowly(route)))
    visitor.read_by("49 patches")
    visitor.draw([[(60, 240), (220, 240)]])
    ink = visitor.ink()
    assert hash_of(visitor.page) == before, "the change must be younger than the address"
    visitor.reload()
    assert visitor.ink() == ink
    expect(visitor.reader).to_contain_text("49 patches")
    visitor.page.wait_for_function("before => location.hash !== before", arg=before)
    assert decode(hash_of(visitor.page))["model"] == "digits-7x7"


def slowly(route):
    """Fetch what a request asks for, two seconds later."""
    time.sleep(2)
    return route.fetch()


@pytest.mark.parametrize("damage", [lambda link: link[:-5], lambda link: link + "x", lambda _: "sheet=ink1-%%%"])
def test_a_damaged_link_opens_the_default_example_with_one_sentence(follow, damage):
    link = damage(encode({"view": "why", "sheet": {"strokes": ONE}}))
    visitor = follow(f"#{link}")
    expect(visitor.page.locator("#links")).to_contain_text("This link is damaged, so the page opens with an example.")
    assert visitor.wait_for_reading() == 7
    expect(visitor.page.locator("#why")).not_to_be_visible()


def test_a_link_to_an_unknown_view_says_so(follow):
    visitor = follow("#view=nowhere&sheet=example-4")
    expect(visitor.page.locator("#links")).to_contain_text("a view that this page does not have")
    visitor.page.wait_for_function("document.querySelector('#bars .spoken').textContent.includes('Read as 4')")


def test_a_link_opened_in_the_same_tab_works_and_undo_restores_the_drawing(visitor):
    visitor.draw(ONE)
    assert visitor.wait_for_reading() == 1
    visitor.page.evaluate("location.hash = 'view=layers&sheet=example-3'")
    expect(visitor.spoken).to_contain_text("Read as 3")
    opened(visitor, "layers")
    visitor.press("Undo")
    expect(visitor.spoken).to_contain_text("Read as 1")


def test_a_link_restores_a_test_digit_by_its_number(visitor, follow):
    visitor.page.get_by_role("button", name="Random MNIST digit").click()
    expect(visitor.page.locator("#pad .message")).to_contain_text("MNIST test digit")
    said = visitor.page.locator("#pad .message").inner_text()
    receiver = follow(copy(visitor))
    expect(receiver.page.locator("#pad .message")).to_have_text(said)


def test_a_link_restores_the_mask_mode_of_why(visitor, follow):
    visitor.open_tab("Why")
    visitor.page.locator('#why .mask-modes input[value="unseen"]').check(force=True)
    visitor.page.wait_for_function("location.hash.includes('missing=unseen')")
    receiver = follow(visitor.page.url)
    expect(receiver.page.locator('#why .mask-modes input[value="unseen"]')).to_be_checked(timeout=20_000)
