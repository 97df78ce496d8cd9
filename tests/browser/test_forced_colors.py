"""Test forced colours (high contrast in Windows): data keep their colours, and a chosen control is marked."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.test_accessibility import settled
from tests.browser.test_glossary import spot
from tests.browser.test_pictures import show_three_digits

pytestmark = pytest.mark.browser

ORANGE, BLUE = (239, 125, 26), (47, 125, 225)  # colours of bars and keys
# In each tab, parts that show data only by colour, and one colour of each.
DATA = {
    "Patches": [("#patches .pixels", (0, 0, 0)), ("#patches .token canvas", (0, 0, 0)), ("#patches .map", ORANGE)],
    "Distances": [("#distances .dot.test", ORANGE)],
    "Attention": [("#attention .ramp", (0, 0, 0)), ("#attention .fill", ORANGE)],
    "Inside": [("#inside b.q", (47, 125, 225)), ("#inside b.k", (224, 64, 90))],
    "Layers": [("#layers li.best .fill", ORANGE), ("#layers .dot canvas", None)],
    "What if": [("#whatif .best .fill.is", ORANGE), ("#whatif .key .is", ORANGE)],
    "When": [("#when .best .fill", ORANGE), ("#when .chip", None)],
    "Test": [("#evaluation .gallery canvas", (0, 0, 0)), ("#evaluation .key .same", BLUE)],
    "Train": [("#gradient-step .key .was", (148, 163, 184)), ("#gradient-step .key .is", ORANGE)],
    "Teach": [("#teach .look", (16, 20, 24))],
}
# In each tab, a chosen control and a similar one that is not chosen.
CHOSEN = {
    "Attention": ('#attention .gallery [aria-pressed="true"]', '#attention .gallery [aria-pressed="false"]'),
    "Inside": ("#inside .layers input:checked + span", "#inside .layers input:not(:checked) + span"),
    "Why": ("#why .digits input:checked + span", "#why .digits input:not(:checked) + span"),
    "Train": ("#tabs label.selected", "#tabs [data-testid$=radio-label]:not(.selected)"),
}


def pixels(part: Locator, margin: int = 0) -> np.ndarray:
    """Return the screen's pixels at a part of the page, (n, 3), with a margin in pixels."""
    part.scroll_into_view_if_needed()
    part.page.wait_for_function("part => part.getBoundingClientRect().width > 0", arg=part.element_handle())
    part.evaluate("part => part.scrollIntoView({ block: 'center' })")  # not below the row of steps
    box = part.bounding_box()
    assert box is not None
    width, height = box["width"] + 2 * margin, box["height"] + 2 * margin
    clip: FloatRect = {"x": box["x"] - margin, "y": box["y"] - margin, "width": width, "height": height}
    picture = Image.open(io.BytesIO(part.page.screenshot(clip=clip)))
    return np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)


def share(found: np.ndarray, colour: tuple[int, int, int], tolerance: int = 24) -> float:
    """Return the share of pixels (n, 3) that have a colour, up to `reach` in each channel."""
    return float((np.abs(found - colour).max(1) <= tolerance).mean())


def highlight(page: Page) -> tuple[int, int, int]:
    """Return the system's highlight colour as the browser paints it, since it may be translucent."""
    page.evaluate(
        """() => {
            const probe = document.createElement("i");
            probe.id = "probe";
            probe.style.cssText = "position: absolute; left: 0; top: 0; padding: 4px; background: Highlight";
            document.body.append(probe);
        }"""
    )
    red, green, blue = pixels(page.locator("#probe"))[0]
    page.locator("#probe").evaluate("probe => probe.remove()")
    return int(red), int(green), int(blue)


@pytest.fixture(params=["light", "dark"])
def visitor(visit, request):
    return visit(forced_colors="active", color_scheme=request.param)


def test_ink_is_visible_on_the_sheet_and_in_every_example(visitor):
    page = visitor.page
    for part in (visitor.sheet, *page.locator("#pad .shelf canvas").all(), page.locator("#sight canvas")):
        found = pixels(part).mean(1)
        assert (found > 220).mean() > 0.02
        assert (found < 60).mean() > 0.5
    assert share(pixels(page.locator("#bars li.best .fill")), ORANGE) > 0.5


def test_data_keeps_its_colours_and_chosen_controls_are_marked_in_every_tab(visit):
    """Each tab is opened once, and looked at in the light and in the dark."""
    visitor = visit(forced_colors="active")
    for tab in dict.fromkeys((*DATA, *CHOSEN)):
        visitor.open_tab(tab)
        if tab == "Train":
            visitor.page.locator("#training-settings button.label-wrap").click()
        for theme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=theme)
            settled(visitor.page)
            check_data(visitor.page, f"{tab}, {theme}", DATA.get(tab, ()))
            if tab in CHOSEN:
                check_chosen(visitor.page, f"{tab}, {theme}", *CHOSEN[tab])


def check_data(page: Page, where: str, parts: Sequence[tuple[str, tuple[int, int, int] | None]]) -> None:
    """Check that parts of a tab show their colours."""
    for selector, colour in parts:
        part = page.locator(selector).first
        assert part.evaluate("part => getComputedStyle(part).forcedColorAdjust") == "none", selector
        if colour:
            assert share(pixels(part), colour, 40) > 0.05, (where, selector)


def check_chosen(page: Page, where: str, chosen: str, other: str) -> None:
    """Check that a chosen control of a tab, and its step, have the system's highlight colour."""
    mark = highlight(page)
    expect(page.locator(chosen).first).to_be_visible()
    assert share(pixels(page.locator("#navigation [aria-current=step]")), mark) > 0.4
    assert share(pixels(page.locator(chosen).locator("visible=true").first, 4), mark) > 0.05, where
    assert share(pixels(page.locator(other).locator("visible=true").last), mark) == 0, where


def test_chosen_controls_of_the_pad_are_marked(visitor):
    page = visitor.page
    mark = highlight(page)
    models = page.locator("#pad .models label")
    pairs = [(page.locator('#pad [data-tool="pen"]'), page.locator('#pad [data-tool="eraser"]'))]
    pairs += [(models.first, models.last)] if models.count() else []  # with a single model there is no choice
    for chosen, other in pairs:
        assert share(pixels(chosen), mark) > 0.4  # so no other background lies behind its text
        assert share(pixels(other), mark) == 0


def test_controls_of_the_training_are_drawn(visitor):
    """Gradio draws circles, ticks and sliders as backgrounds, which forced colours remove."""
    visitor.open_tab("Train")
    visitor.page.locator("#tabs button.label-wrap:visible").first.click()
    for kind in ("radio", "checkbox", "range"):
        control = visitor.page.locator(f"#tabs input[type={kind}]:visible").first
        expect(control).to_be_visible()
        assert len(np.unique(pixels(control), axis=0)) > 1, kind
    checked, other = (visitor.page.locator(f"#tabs input[type=radio]{state}:visible") for state in (":checked", ""))
    unchecked = next(part for part in other.all() if not part.is_checked())
    assert pixels(checked.first).tolist() != pixels(unchecked).tolist()


def test_the_boxes_of_several_digits_show_the_picture_and_stand_out_from_it(visit):
    """A button would get the system's background, which hides the chosen digit."""
    visitor = visit(forced_colors="active")
    show_three_digits(visitor)
    boxes = visitor.page.locator("#pad .boxes button")
    assert share(pixels(boxes.nth(0)), ORANGE) > 0.2  # the marked ink
    assert share(pixels(boxes.nth(0)), highlight(visitor.page)) < 0.01
    assert share(pixels(boxes.nth(1)), (255, 255, 255)) > 0.01


def test_a_term_does_not_look_selected_and_opens_its_card(visit):
    visitor = visit(forced_colors="active")
    visitor.open_tab("Patches", unfold=False)
    visitor.page.emulate_media(forced_colors="none")
    x, y = spot(visitor.page, "#patches", "tokens")
    visitor.page.emulate_media(forced_colors="active")
    visitor.page.wait_for_function("!CSS.highlights.has('glossary')")
    visitor.page.mouse.move(x, y)
    expect(visitor.page.locator("#glossary .card")).to_contain_text("token")


def test_a_patch_that_was_clicked_has_no_ring_over_the_map(visit):
    """A ring of five pixels would be five units of the map, which is most of a patch."""
    visitor = visit(forced_colors="active")
    visitor.open_tab("Challenges", unfold=False)
    patch = visitor.page.locator("#challenges .map [data-patch]").nth(5)
    patch.click()
    assert patch.evaluate("patch => document.activeElement === patch")
    expect(patch).to_have_css("outline-style", "none")
