"""For tests of the tab Train: choose a short training, start it, and find its buttons and its message."""

from playwright.sync_api import expect

MORE_POINTS = """than => {
    const curve = document.querySelector("#curves svg.loss polyline.train");
    return curve && curve.getAttribute("points").split(" ").length > than;
}"""
MOMENT = 60_000  # milliseconds, enough for a few training steps on a busy machine


def set_up(visitor, epochs=2, images=8000):
    """Open the tab and choose a short training on `images` images of all classes together."""
    visitor.open_tab("Train")
    visitor.page.locator("#training-settings button.label-wrap").click()
    expect(visitor.page.locator("#plan")).to_contain_text("python -m train", timeout=MOMENT)  # all controls are loaded
    visitor.page.wait_for_timeout(500)  # and have set their first value again
    choose_number(visitor, "number input for Epochs", epochs)
    choose_number(visitor, "Images of each class", images // 10)
    expect(visitor.page.get_by_label("number input for Epochs")).to_have_value(str(epochs))
    expect(visitor.page.get_by_label("Images of each class")).to_have_value(str(images // 10))
    command = f"--epochs {epochs} --per-class {images // 10}"
    expect(visitor.page.locator("#plan")).to_contain_text(command, timeout=MOMENT)


def choose_number(visitor, label, value):
    """Type into a number field until the value stays."""
    field = visitor.page.get_by_label(label, exact=True)
    for _ in range(10):
        field.fill(str(value))
        field.press("Enter")
        visitor.page.wait_for_timeout(200)
        if field.input_value() == str(value):
            return


def start(visitor, **sizes) -> None:
    """Choose a short training, and start it."""
    set_up(visitor, **sizes)
    button(visitor, "Start").click()


BUTTONS = {
    "Start": "#training-buttons button",
    "Stop": '#training [data-do="stop"]',
    "Let it read": '#result [data-do="use"]',
}


def button(visitor, name):
    """Return a button of the training: Start with the settings, Stop, or the card's Let it read."""
    return visitor.page.locator(BUTTONS[name])


def message(visitor):
    """Return what the training says about itself."""
    return visitor.page.locator("#training .message")


def points(visitor) -> int:
    """Return the number of points of the training curve of the loss."""
    drawn = visitor.page.locator("#curves svg.loss polyline.train").get_attribute("points") or ""
    return len(drawn.split())


def wait_for_points(visitor, more_than: int) -> int:
    """Wait until the curve has more points than this; return their number."""
    visitor.page.wait_for_function(MORE_POINTS, arg=more_than, timeout=MOMENT)
    return points(visitor)


def updates_plan(request) -> bool:
    """Return whether a request belongs to the plan's time, which is measured again until the machine is free."""
    events = request.frame.evaluate("window.gradio_config.dependencies.map(event => [event.id, event.api_name])")
    if "queue/join" in request.url:
        return dict(map(tuple, events))[request.post_data_json["fn_index"]] == "renew"
    return "queue/data" in request.url  # the answer to a join
