"""Test the load test: visitors draw like the page's pad, every answer is counted, and the app ends with the test."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from demo.app import build
from demo.load_test import __main__ as benchmark
from demo.load_test import browsers, drawings, served_app, visitors
from demo.load_test.__main__ import Load
from demo.load_test.visitors import LostError, Page, Reading, TrainingPoll
from demo.steps import TABS, name_of
from tests.serving import ROOT

QUESTIONS = ["maps", "erased", "changed"]
CONFIG = {"components": [{"id": 6, "props": {"server_fns": ["read", "sample"]}}], "dependencies": []}
DRAWING = [[[float(point), 0.0, 10.0 * point, 0.5] for point in range(30)], [[50.0, 50.0, 400.0, 0.5]] * 20]


class Stub(ThreadingHTTPServer):
    """An app that records its requests, and how many of one visitor it has at a time."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.most, self.now, self.lock = [], 0, {}, threading.Lock()
        self.answer = (200, b'{"digit": 7}')
        self.takes = 0.01

    def serve(self, body):
        """Handle a request as a busy app does."""
        who = body["session_hash"]
        with self.lock:
            self.asked.append(body)
            self.now[who] = self.now.get(who, 0) + 1
            self.most = max(self.most, self.now[who])
        time.sleep(self.takes)
        with self.lock:
            self.now[who] -= 1
        return self.answer


class Handler(BaseHTTPRequestHandler):
    """HTTP for the stub, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.respond(200, json.dumps(CONFIG).encode())

    def do_POST(self):
        status, text = cast("Stub", self.server).serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.respond(status, text)

    def respond(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def stub():
    with Stub() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def fast_visitors(monkeypatch):
    """Make visitors draw fast."""
    for name, seconds in {"STROKE": 0.3, "THINK": 0.1, "CYCLE": 0.4, "PAUSE": 0.03}.items():
        monkeypatch.setattr(visitors, name, seconds)


def loads(text):
    """Return the cells of Markdown tables, row by row."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


# --- the visitors


def test_visitors_send_the_pads_requests_and_each_is_counted(stub, fast_visitors, monkeypatch):
    counted = []
    original = visitors.read
    monkeypatch.setattr(visitors, "read", lambda *args, **kw: counted.append(original(*args, **kw)) or counted[-1])
    visits = [visitors.Visit(visitors.visit, 0.4)]
    readings = visitors.visit_together(Page(stub.server_port), [DRAWING, DRAWING[:1]], 3, 1.0, visits)
    assert len(counted) == len(stub.asked)
    assert set(readings) <= set(counted) and not any(reading.lost for reading in readings)
    assert all(reading.took >= stub.takes for reading in readings)
    assert stub.most == 1, "a visitor had two requests in flight"
    by_visitor = [[body for body in stub.asked if body["session_hash"] == who] for who in stub.now]
    assert len(by_visitor) == 3
    for bodies in by_visitor:
        assert {(body["fn_name"], body["component_id"]) for body in bodies} == {("read", 6)}
        payloads = [body["data"] for body in bodies]
        at_pen_up = [at for at, payload in enumerate(payloads) if payload["whole"]]
        assert len(at_pen_up) >= 2
        points = [sum(map(len, payload["strokes"])) for payload in payloads]
        assert {points[at] for at in at_pen_up} == {30, 50}, "at pen-up all of the drawing is read"
        stroke = points[at_pen_up[0] + 1 : at_pen_up[1]]
        assert stroke == sorted(stroke) and stroke[0] >= drawings.FIRST and stroke[-1] > stroke[0]


def test_a_browser_that_reads_asks_only_what_its_view_needs(stub, monkeypatch):
    """Each question is sent once a drawing, in the view's order, and no two drawings are equal."""
    monkeypatch.setattr(browsers, "STROKE", 0.05)
    views = [browsers.View(), browsers.View(("maps", "erased"), 0.05), browsers.View(("changed",), 0.05)]
    visits = [visitors.Visit(partial(browsers.browse, view=view), 0.1) for view in views]
    page = Page(stub.server_port, {"components": [{"id": 6, "props": {"server_fns": QUESTIONS}}]})
    readings = visitors.visit_together(page, [DRAWING], 3, 0.6, visits)
    assert readings and not any(reading.lost for reading in readings)
    names = {who: [body["fn_name"] for body in stub.asked if body["session_hash"] == who] for who in stub.now}
    assert len(names) == 2, "the first view asks nothing"
    first, second = sorted(names.values(), key=len, reverse=True)
    assert first == ["maps", "erased"] * (len(first) // 2) and set(second) == {"changed"}
    drawings = [json.dumps(body["data"]["strokes"]) for body in stub.asked if body["fn_name"] != "maps"]
    assert len(set(drawings)) == len(drawings)


def test_the_views_questions_are_those_of_the_page():
    page = Page(1, dict(build().get_config_file()))
    asked = {question for view in browsers.VIEWS.values() for question in view.questions}
    assert asked <= set(page.places)
    assert set(browsers.VIEWS) <= set(map(name_of, TABS))


def test_a_partial_drawing_follows_the_order_of_the_strokes():
    assert drawings.partial_drawing(DRAWING, 0) == [DRAWING[0][: drawings.FIRST]]
    assert drawings.partial_drawing(DRAWING, 0.6) == DRAWING[:1]
    assert drawings.partial_drawing(DRAWING, 0.7) == [DRAWING[0], DRAWING[1][:5]]
    assert drawings.partial_drawing(DRAWING, 1) == DRAWING


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, b"{}"), "no answer: the app answered 500"),
        ((200, b"<html>"), "no answer"),
        ((200, b'{"error": "only a dot"}'), "only a dot"),
        ((200, b"{}"), "an answer without a digit"),
    ],
)
def test_an_unusable_answer_counts_as_lost_and_the_next_does_not(stub, answer, reason):
    page, usable = Page(stub.server_port), stub.answer
    stub.answer = answer
    assert visitors.read(page, DRAWING, whole=True).lost.startswith(reason)
    stub.answer = usable
    assert visitors.read(page, DRAWING, whole=True).lost == ""


def test_a_connection_that_the_app_closed_meanwhile_loses_nothing(stub, monkeypatch):
    monkeypatch.setattr(Handler, "timeout", 0.2)
    monkeypatch.setattr(visitors, "IDLE", 0.1)
    page = Page(stub.server_port)
    for _ in range(3):
        time.sleep(0.5)
        assert visitors.read(page, DRAWING, whole=True).lost == ""


def test_a_late_or_missing_answer_counts_as_lost(stub, monkeypatch):
    monkeypatch.setattr(visitors, "PATIENCE", 0.2)
    page = Page(stub.server_port)
    stub.takes = 1
    assert "timed out" in visitors.read(page, DRAWING, whole=False).lost
    stub.shutdown()
    stub.server_close()
    assert "refused" in visitors.read(page, DRAWING, whole=False).lost


def test_a_page_without_the_event_or_the_control_is_an_error():
    labels = [{"id": 1, "props": {"label": "Epochs", "value": 4}}]
    page = Page(1, {"components": labels, "dependencies": [{"id": 0, "api_name": "start", "inputs": [1]}]})
    for event, wishes in (("start", {"Ages": 3}), ("begin", {"Epochs": 3})):
        with pytest.raises(ValueError, match=f"{event}.*{next(iter(wishes))}"):
            page.press(event, wishes)


# --- the figures


def test_the_figures_follow_from_the_readings():
    readings = [Reading(0, milliseconds / 1000) for milliseconds in range(100, 0, -1)]
    lost = [Reading(0, 10, "timed out"), Reading(0, 10, "timed out"), Reading(0, 0, "refused")]
    load = benchmark.summarise(readings + lost, visitors=5, seconds=4, pace=2.5)
    assert (load.median, load.p95, load.worst) == pytest.approx((50, 95, 100))
    assert (load.readings, load.lost, load.a_second) == (103, 3, 25)
    assert load.reasons == {"timed out": 2, "refused": 1}
    assert (load.visitors, load.training, load.steps_a_second) == (5, True, 2.5)
    none = benchmark.summarise(lost, visitors=1, seconds=4, pace=None)
    assert (none.median, none.a_second, none.lost, none.training) == (None, 0, 3, False)
    json.dumps([load.reasons, none.median], allow_nan=False)


def test_the_speed_of_a_training_follows_from_its_polls():
    polls = [
        TrainingPoll(10.0, 7, "running", ""),
        TrainingPoll(11.0, 9, "running", ""),
        TrainingPoll(14.0, 27, "running", ""),
    ]
    assert benchmark.steps_a_second(polls) == 5
    assert benchmark.steps_a_second(polls[:1]) == 0
    with pytest.raises(ValueError, match="Finished: 1 epoch"):
        benchmark.steps_a_second([*polls, TrainingPoll(15.0, 30, "done", "Finished: 1 epoch, 30 steps.")])


def test_the_table_has_every_figure():
    quiet = Load(20, False, 944, 0, 118.04, 12.3, 45.6, 78.9, None, {})
    busy = Load(40, True, 10, 10, 0.0, None, None, None, 12.34, {"timed out": 10})
    text = benchmark.table({"processor": "Abacus 3", "cores": 2, "torch": "9.9", "load": 0.25}, [quiet, busy])
    assert text.startswith("Abacus 3, 2 cores") and "load before the start: 0.2" in text
    head, _, *found = loads(text)
    assert len(head) == len(found[0]) == len(found[1])
    assert found[0] == ["20", "no", "944", "118.0", "12", "46", "79", "0", ""]
    assert found[1] == ["40", "yes", "10", "0.0", "none", "none", "none", "10", "12.3"]


# --- the command line


def test_invalid_arguments_give_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "served", None)  # no app may be started
    nowhere = ["--json", str(tmp_path / "no folder" / "figures.json")]
    many = ["--visitors", *["1"] * 7]
    for wrong in (["--visitors", "0"], ["--visitors", "301"], many, ["--seconds", "nan"], ["--seconds", "61"], nowhere):
        assert benchmark.main(wrong) == 1
        output = capsys.readouterr()
        assert not output.out
        assert output.err.startswith("demo.load_test: ")
        assert output.err.count("\n") == 1


def test_an_app_that_ends_by_itself_is_an_error(monkeypatch, capfd):
    monkeypatch.setattr(served_app, "APP", (sys.executable, "-c", "print('no room'); raise SystemExit(1)"))
    with pytest.raises(LostError, match="ended by itself"), benchmark.served():
        pytest.fail("there is no app")
    assert "no room" in capfd.readouterr().err


@pytest.mark.slow
def test_a_small_run_loses_nothing(mnist_raw, tmp_path, capsys):
    file = tmp_path / "figures.json"
    assert benchmark.main(["--visitors", "2", "--seconds", "1.5", "--json", str(file)]) == 0
    figures, rows = json.loads(file.read_text()), loads(capsys.readouterr().out)
    assert set(figures) == {"machine", "loads"}
    assert {"processor", "cores", "torch", "load"} <= set(figures["machine"])
    assert [(load["visitors"], load["training"]) for load in figures["loads"]] == [(2, False), (2, True)]
    for load, cells in zip(figures["loads"], rows[2:], strict=True):
        assert load["lost"] == 0 and load["reasons"] == {}
        assert 2 <= load["readings"] <= 2 * (1.5 / visitors.PAUSE + 2), "no visitor asks faster than the pad"
        assert load["a_second"] == pytest.approx(load["readings"] / 1.5)
        assert 0 < load["median"] <= load["p95"] <= load["worst"] < 1000 * visitors.PATIENCE
        assert (load["steps_a_second"] is not None) == load["training"]
        assert cells[:3] == ["2", "yes" if load["training"] else "no", str(load["readings"])]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the app among the children in /proc")
@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM], ids=lambda stop_signal: stop_signal.name)
def test_the_app_ends_when_the_benchmark_is_stopped(stop_signal):
    command = [sys.executable, "-m", "demo.load_test", "--visitors", "1", "--seconds", "20"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        app = app_of(running)
        time.sleep(0.3)
        os.kill(running.pid, stop_signal)
        assert running.wait(timeout=60) == 130
        assert "demo.load_test: stopped" in (running.stderr.read() if running.stderr else "")
    assert not app.exists()


def app_of(running):
    """Return the app that a benchmark has started, as a folder of /proc."""
    children, until = Path(f"/proc/{running.pid}/task/{running.pid}/children"), time.monotonic() + 60
    while time.monotonic() < until:
        for child in children.read_text().split():
            if "demo.app" in Path(f"/proc/{child}/cmdline").read_text():
                return Path("/proc", child)
        time.sleep(0.05)
    raise TimeoutError("no app was started")
