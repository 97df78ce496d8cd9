"""Simulate visitors without a browser: send the page's requests at the speed of a hand, and time the answers.

The requests are those of `demo/shared_column/pad/` and `demo/tabs/train/live_view/`. The HTTP client is that of the
standard library, because app and visitors share the processor: it needs 0.5 ms of processor time a reading, a third of
httpx.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from itertools import cycle
from threading import Event
from time import monotonic, sleep
from typing import Any

from demo.load_test.drawings import Drawing, partial_drawing

API = "/gradio_api"
STROKE, THINK = 1.2, 1.0  # seconds with the pen down, and with the pen up
CYCLE = STROKE + THINK
PAUSE = 0.1  # seconds between two readings while the pen is down, as in the pad
POLL = 0.22  # seconds between two polls of a training, as in the live view
PATIENCE = 10.0  # seconds without an answer, after which a reading is lost
IDLE = 2.0  # seconds after which a connection is not used again: the app closes an idle one after five

Payload = dict[str, Any]


class LostError(Exception):
    """The app gave no answer, or an unusable one; the message says which."""


@dataclass(frozen=True)
class Reading:
    """One request for a reading.

    Attributes:
        asked: time of the request, in seconds.
        took: duration in seconds.
        lost: reason why there was no usable answer; "" if there was one.
    """

    asked: float
    took: float
    lost: str = ""


@dataclass(frozen=True)
class TrainingPoll:
    """State of a training at one time, `at`, in seconds; other fields as in `demo.training.state.TrainingState`."""

    at: float
    step: int
    state: str
    message: str


class Page:
    """One visitor's page: sends requests to the app on a port of this machine, over one open connection."""

    def __init__(self, port: int, config: Payload | None = None, patience: float | None = None) -> None:
        """Open the page; `config` is Gradio's, fetched if it is None; an answer has `patience` seconds, or PATIENCE."""
        self.port, self.patience = port, patience or PATIENCE
        self.http = HTTPConnection("127.0.0.1", port, timeout=self.patience)
        self.session, self.answered = uuid.uuid4().hex, monotonic()
        self.config: Payload = config or self.fetch("/config")
        parts = self.config["components"]
        self.places = {name: part["id"] for part in parts for name in part["props"].get("server_fns") or ()}

    def call(self, name: str, payload: Payload) -> Payload:
        """Call a component's server function; errors as in `fetch`."""
        body = {"data": payload, "fn_name": name, "component_id": self.places[name], "session_hash": self.session}
        return self.fetch(f"{API}/component_server", body)

    def press(self, event: str, wishes: Mapping[str, Any]) -> list[Any]:
        """Fire an event of a new page; `wishes` are values of some controls, by their labels.

        Returns:
            The outputs of the event.

        Raises:
            ValueError: the page has no such event or control.
            LostError: as in `fetch`, or the app refuses.
        """
        dependency = next((each for each in self.config["dependencies"] if each["api_name"] == event), None)
        shown = {part["id"]: part["props"] for part in self.config["components"]}
        controls = [shown[place] for place in dependency["inputs"]] if dependency else []
        labels = [control.get("label") for control in controls]
        if dependency is None or not set(wishes) <= set(labels):
            raise ValueError(f"expected a page with an event {event!r} and controls {', '.join(wishes)}, got {labels}")
        values = [wishes.get(control.get("label"), control.get("value")) for control in controls]
        self.fetch(f"{API}/queue/join", {"data": values, "fn_index": dependency["id"], "session_hash": self.session})
        return self.outcome()

    def start_training(self, wishes: Mapping[str, Any]) -> str:
        """Start a training with these settings, and return the number of its job; raises as `press` does."""
        return next(value["job"] for value in self.press("start", wishes) if isinstance(value, dict) and "job" in value)

    def outcome(self) -> list[Any]:
        """Wait for the outputs of the queued event; errors as in `press`."""
        until = monotonic() + self.patience
        with self.answer(f"{API}/queue/data?session_hash={self.session}") as events:
            for line in events:
                message = json.loads(line[len(b"data: ") :]) if line.startswith(b"data: ") else {}
                if message.get("msg") == "process_completed":
                    self.http.close()
                    if message["success"]:
                        return message["output"]["data"]
                    raise LostError(f"the app said: {message['output'].get('error')}")
                if monotonic() > until:
                    break
        self.http.close()
        raise LostError("the app's queue did not come to an end")

    def fetch(self, path: str, body: Payload | None = None) -> Any:
        """Return the app's answer as JSON.

        Raises:
            LostError: there is none.
        """
        with self.answer(path, body) as response:
            return json.loads(response.read())

    @contextmanager
    def answer(self, path: str, body: Payload | None = None) -> Iterator[HTTPResponse]:
        """Make a request; every failure becomes a `LostError`."""
        try:
            packed = None if body is None else json.dumps(body).encode()
            if monotonic() - self.answered > IDLE:
                self.http.close()
            self.http.request("POST" if body else "GET", path, packed, {"Content-Type": "application/json"})
            response = self.http.getresponse()
            if response.status != 200:
                raise HTTPException(f"the app answered {response.status} {response.reason}")
            yield response
            self.answered = monotonic()
        except (OSError, HTTPException, ValueError) as error:
            self.http.close()  # the rest of this answer must not be read by the next request, which connects again
            raise LostError(f"no answer: {str(error) or type(error).__name__}") from None


def read(page: Page, drawing: Drawing, *, whole: bool) -> Reading:
    """Request a reading as the pad does: `whole`, or a glance while the pen is down."""
    asked, lost = monotonic(), ""
    try:
        answer = page.call("read", {"strokes": drawing, "whole": whole})
        if "digit" not in answer:
            lost = str(answer.get("error", "an answer without a digit"))
    except LostError as error:
        lost = str(error)
    return Reading(asked, monotonic() - asked, lost)


def visit(page: Page, drawings: Sequence[Drawing], delay: float, over: Event) -> list[Reading]:
    """Draw digits until `over` is set: ten glances a second, and a whole reading at pen-up.

    Args:
        delay: seconds before the first drawing.
    """
    readings: list[Reading] = []
    over.wait(delay)
    for drawing in cycle(drawings):
        down = monotonic()
        while not over.is_set() and monotonic() < down + STROKE:
            readings.append(read(page, partial_drawing(drawing, (monotonic() - down) / STROKE), whole=False))
            over.wait(max(0, min(readings[-1].asked + PAUSE, down + STROKE) - monotonic()))
        if over.is_set():
            break
        readings.append(read(page, drawing, whole=True))
        over.wait(THINK)
    page.http.close()
    return readings


@dataclass(frozen=True)
class Visit:
    """What a visitor does.

    Attributes:
        draw: `draw(page, drawings, delay, over)` draws one digit after another, as `visit` does.
        cycle: seconds from one drawing to the next.
    """

    draw: Callable[[Page, Sequence[Drawing], float, Event], list[Reading]]
    cycle: float


VISIT = Visit(visit, CYCLE)


def visit_together(
    page: Page, drawings: Sequence[Drawing], visitors: int, seconds: float, visits: Sequence[Visit] = (VISIT,)
) -> list[Reading]:
    """Let visitors draw at once; return their requests of the `seconds` after the last visitor has begun.

    They begin one after another, so that they do not all lift the pen at once.

    Args:
        page: an open page; all visitors use its config.
        visits: what the visitors do; they take them in turn.
    """
    over, began, lead = Event(), monotonic(), max(visit.cycle for visit in visits)
    with ThreadPoolExecutor(visitors) as pool:
        try:
            done = []
            for place, kind in zip(range(visitors), cycle(visits), strict=False):
                first = place % len(drawings)
                own, delay = [*drawings[first:], *drawings[:first]], kind.cycle * place / visitors
                done.append(pool.submit(kind.draw, Page(page.port, page.config), own, delay, over))
            sleep(lead + seconds)
        finally:
            over.set()
    return [reading for each in done for reading in each.result() if reading.asked >= began + lead]


def poll_training(page: Page, job: str, drawing: Drawing, over: Event, polls: list[TrainingPoll]) -> None:
    """Poll a training until `over` is set, as the page does; an unwatched training is stopped."""
    while not over.wait(POLL):
        try:
            state = page.call("now", {"job": job, "strokes": drawing}).get("training")
        except LostError:  # the readings show whether the app answers
            continue
        if state:
            polls.append(TrainingPoll(monotonic(), state["step"], state["state"], state["message"]))
