"""Test the lighter sessions with Gradio's own client: what an event changes is still kept for each visitor."""

from collections.abc import Iterator

import gradio as gr
import pytest
from gradio import state_holder
from gradio.state_holder import SessionState, StateHolder
from gradio_client import Client
from gradio_client.exceptions import AppError

from demo.gradio_costs import LightSession, use_light_sessions


def with_a_choice() -> gr.Blocks:
    """Return a page with one choice, to which an event adds another, and a counter in the visitor's state."""
    with gr.Blocks() as page:
        choice, answer, count = gr.Radio(["old"]), gr.Textbox(), gr.State(0)
        gr.Button().click(lambda: gr.Radio(["old", "new"]), None, choice, api_name="add")
        gr.Button().click(str.upper, choice, answer, api_name="use")
        gr.Button().click(lambda n: (n + 1, str(n + 1)), count, [count, answer], api_name="count")
    return page


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_holder, "SessionState", SessionState)  # restored at the end
    use_light_sessions()


@pytest.fixture
def address(light: None) -> Iterator[str]:
    page = with_a_choice()
    yield page.launch(prevent_thread_lock=True, quiet=True)[1]
    page.close()


def test_a_session_has_no_copy_of_the_configuration(light):
    page = with_a_choice()
    assert SessionState(page).config_values
    holder = StateHolder()
    holder.set_blocks(page)
    assert isinstance(holder["visitor"], LightSession)
    assert holder["visitor"].config_values == {}


def test_a_choice_that_an_event_adds_holds_for_this_visitor_alone(address):
    one, other = Client(address, verbose=False), Client(address, verbose=False)
    one.predict(api_name="/add")
    assert one.predict("new", api_name="/use") == "NEW"
    with pytest.raises(AppError):
        other.predict("new", api_name="/use")


def test_each_visitor_has_a_state(address):
    one, other = Client(address, verbose=False), Client(address, verbose=False)
    assert [visitor.predict(api_name="/count") for visitor in (one, one, other, one)] == ["1", "2", "1", "3"]
