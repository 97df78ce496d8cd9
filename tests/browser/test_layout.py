"""Test the page at 1280 and 390 pixels, in light and dark colours, by touch and by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from demo.steps import TABS as VIEWS

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 3}
TABS = tuple(view.TITLE for view in VIEWS)


def touch(visitor, points):
    """Move one finger over points of the pad with the browser's own touch input."""
    session = visitor.context.new_cdp_session(visitor.page)

    def send(kind, spots):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in spots]})

    spots = [visitor.spot(point) for point in points]
    send("touchStart", spots[:1])
    for spot in spots[1:]:
        send("touchMove", [spot])
    send("touchEnd", [])


def test_a_finger_draws_without_scrolling_the_page(visit):
    visitor = visit(**PHONE)
    visitor.sheet.scroll_into_view_if_needed()
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    top = visitor.page.evaluate("scrollY")
    touch(visitor, [(140, 40 + step) for step in range(0, 200, 10)])
    assert visitor.wait_for_reading() == 1
    assert visitor.page.evaluate("scrollY") == top
    touch(visitor, [(100 + step, 240) for step in range(0, 90, 10)])
    assert visitor.page.evaluate("scrollY") == top


def test_the_page_scrolls_outside_the_pad(visit):
    visitor = visit(**PHONE)
    touch(visitor, [(140, 420 - step) for step in range(0, 300, 10)])
    visitor.page.wait_for_function("scrollY > 100")


@pytest.mark.parametrize(("at", "theme", "first"), [(390, "dark", 1), (1280, "light", 0)])
def test_nothing_is_cut_off_and_no_controls_overlap(visit, at, theme, first):
    """With each model, each view is looked at in both widths; each run loads the views in another width."""
    visitor = visit(viewport={"width": at, "height": 900}, color_scheme=theme)
    models = visitor.page.locator("#pad .models label:visible").all()  # none if a single model ships
    if models:
        models[first].click()
    for tab in TABS:
        visitor.open_tab(tab)
        for width in (at, 1670 - at):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            check_layout(visitor.page, tab)
        for width in (360, 768, 1024):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            visitor.page.wait_for_timeout(200)
        assert visitor.errors == [], tab
        visitor.page.set_viewport_size({"width": at, "height": 900})
    dark = visitor.page.evaluate("document.body.classList.contains('dark')")
    assert dark == (theme == "dark")


def check_layout(page: Page, tab: str) -> None:
    """Check that nothing of a view is cut off, and that no controls overlap."""
    page.wait_for_timeout(400)
    page.evaluate("scrollTo(0, 0)")  # on a scrolled page, the row of steps covers the view
    scrolled, inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert scrolled <= inner, (tab, inner)
    assert page.evaluate(OUTSIDE) == [], (tab, inner)
    assert page.evaluate(OVERLAPPING) == [], (tab, inner)


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_the_title_of_each_step_has_a_margin_in_its_box(visit, width):
    page = visit(viewport={"width": width, "height": 900}, locale="en").page
    rooms = page.locator("#navigation .steps button").evaluate_all(ROOM_AT_BOTH_SIDES)
    assert len(rooms) == 6
    assert min(min(room) for room in rooms) >= 3, rooms


# The pixels between the text of a step's title and the left and the right edge of its button.
ROOM_AT_BOTH_SIDES = """buttons => buttons.map(button => {
    const text = document.createRange(), box = button.getBoundingClientRect();
    text.selectNodeContents(button.querySelector(".title"));
    const { left, right } = text.getBoundingClientRect();
    return [left - box.left, box.right - right];
})"""


# Our own elements that stick out of the window on either side.
OUTSIDE = """() => [...document.querySelectorAll(":is(#pad, #sight, #bars, #tabs [role=tabpanel]) *")]
    .filter(part => part.checkVisibility())
    .map(part => [part.tagName + "." + part.getAttribute("class"), part.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.left < -1 || box.right > innerWidth + 1)).map(([name]) => name)"""


# Pairs of our own controls that overlap.
OVERLAPPING = """() => {
    const ours = "#pad :is(button, label, .sheet), #tabs :is(button, input[type=checkbox])";
    const controls = [...document.querySelectorAll(ours)]
        .filter(part => part.checkVisibility()).map(part => [part.outerHTML.slice(0, 60), part.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1);
    const over = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;
    return controls.flatMap(([name, box], index) => controls.slice(index + 1)
        .filter(([, other]) => over(box, other)).map(([other]) => [name, other]));
}"""


def test_controls_are_reached_by_keyboard(visitor):
    visitor.open_tab("Patches")
    visitor.page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        reached.add(
            visitor.page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
            )
        )
    for name in ("Pen", "Erase", "Example: a 3", "Random MNIST digit", "Image"):
        assert name in {part.strip() for part in reached if part}, name
    for start in ("Drawing sheet", "Token ", "Next question"):
        assert any(part.startswith(start) for part in reached if part), start
