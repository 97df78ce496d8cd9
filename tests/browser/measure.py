"""Measure the page in Chromium: `python -m tests.browser.measure` (`--json FILE`, `--strokes N`).

Times depend on this machine and its load now, so compare only times of one run.
"""

import json
import os
import sys
import tempfile
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.browser.app_process import idle_percent, memory, process_at
from tests.browser.chromium import LAUNCH_ARGS, ensure
from tests.browser.visitor import Visitor
from tests.serving import serve
from train.cli import carry_out, new_parser
from vit import checkpoint
from vit.config import check_whole

WINDOW = ViewportSize(width=1280, height=900)
PACE = 20  # milliseconds between two points, about the speed of a hand
TURN = 8  # strokes in one model's turn
DRAWN_IN = ("Overview", "Attention", "Layers")  # the views that move while the pen does
SETTLED = 1500  # milliseconds in which an opened view is drawn
EXPLAINED = 10  # most strokes that the tab Why explains
WAIT = 120_000  # milliseconds, enough for a slow machine to explain a stroke
EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())

# `times`: from a stroke's last pointer event to the frame in which its whole reading is in the bars. `moves`: from each
# move of the pen to the change of the bars by a reading with that point; the next frame shows it.
WATCH = """async () => {
    const { on } = await import("BUS");
    const times = window.times = [], moves = window.moves = [];
    let lifted = null, points = 0, waiting = [];
    const sheet = document.querySelector("#pad .sheet canvas");
    sheet.addEventListener("pointerdown", () => { points = 1; waiting = []; }, true);
    sheet.addEventListener("pointermove", (event) => {
        points += event.getCoalescedEvents().length || 1;
        waiting.push({ points, moved: event.timeStamp });
    }, true);
    const note = ({ source }) => {
        const read = source.strokes?.at(-1).length ?? 0;
        while (waiting.length && waiting[0].points <= read) moves.push(performance.now() - waiting.shift().moved);
    };
    for (const topic of ["glance", "reading"]) on(topic, note);
    sheet.addEventListener("pointerup", () => { lifted = performance.now(); waiting = []; }, true);
    on("reading", (reading) => {
        if (!reading.whole || lifted === null) return;
        const since = lifted;
        lifted = null;
        requestAnimationFrame(() => times.push(performance.now() - since));
    });
}"""

# Time to the frames in which the tab Why shows all approximate maps, and all patches' values.
WATCH_WHY = """() => {
    const lifted = {};
    const times = window.explained = { maps: [], values: [] };
    const sheet = document.querySelector("#pad .sheet canvas");
    sheet.addEventListener("pointerup", () => { lifted.maps = lifted.values = performance.now(); }, true);
    const parts = { maps: "#why .card:last-child .cost", values: "#why .sum" };
    for (const [what, selector] of Object.entries(parts)) new MutationObserver(() => {
        const since = lifted[what];
        delete lifted[what];
        if (since !== undefined) requestAnimationFrame(() => times[what].push(performance.now() - since));
    }).observe(document.querySelector(selector), { childList: true });
}"""

LONG = 50  # milliseconds of a task that people notice (web.dev, "Optimize long tasks")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium for one measurement."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=LAUNCH_ARGS)
        yield browser
        browser.close()


def over_the_wire(browser: Browser, address: str) -> dict[str, float]:
    """Load the page twice in one browser profile, and return the traffic until the first reading.

    Kilobytes are those sent, with headers; a request is one that the browser's cache does not answer.
    """
    context = browser.new_context(viewport=WINDOW)
    result: dict[str, float] = {}
    for visit in ("first", "second"):
        received = Received(context.new_page())
        Visitor(context, address, received.page)
        result |= {f"{visit}_visit_kb": received.total / 1000, f"{visit}_visit_requests": received.requests}
        received.page.close()
    context.close()
    return result


class Received:
    """Count the bytes and requests of a page from here on (DevTools' `Network.loadingFinished`)."""

    def __init__(self, page: Page) -> None:
        self.page, self.total, self.requests = page, 0, 0
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.loadingFinished", self.add)
        devtools.send("Network.enable")

    def add(self, event: dict[str, Any]) -> None:
        if event["encodedDataLength"]:
            self.total += event["encodedDataLength"]
            self.requests += 1


def latencies(readers: dict[str, Visitor], count: int) -> dict[str, list[float]]:
    """Draw `count` short strokes for each model, and return milliseconds by model and reader, see `WATCH`.

    `… pen_up` are those from each pen-up to its answer, `… pen_move` those from each move to the bars.

    The models take turns of eight strokes, so that other work on the machine slows both equally.

    Args:
        readers: visitors by what reads for them, the `engine` in the browser or the `server`.
        count: strokes for each model and visitor.
    """
    for visitor in readers.values():
        visitor.page.evaluate(WATCH.replace("BUS", visitor.bus))
    turns = [(f"{name} {reader}", name, reader) for name in checkpoint.shipped() for reader in readers]
    times: dict[str, list[float]] = defaultdict(list)
    for start in range(0, count, TURN):
        for key, name, reader in turns:
            visitor = readers[reader]
            visitor.page.bring_to_front()
            read_by(visitor, name)
            if reader == "engine":
                visitor.wait_for_engine(name)
            visitor.press("Clear")
            visitor.page.evaluate("window.moves.length = 0")
            times[f"{key} pen_up"] += [latency(visitor, index) for index in range(min(TURN, count - start))]
            times[f"{key} pen_move"] += visitor.page.evaluate("window.moves")
    return times


def task_times(browser: Browser, visitor: Visitor, count: int) -> dict[str, list[float]]:
    """Draw `count` strokes in each view that moves with the pen; return the milliseconds of each task meanwhile.

    `latencies` must have installed its listeners on the page before.
    """
    tasks = {}
    for view in DRAWN_IN:
        visitor.open_tab(view, unfold=False)
        visitor.page.wait_for_timeout(SETTLED)
        browser.start_tracing(page=visitor.page, categories=["toplevel"])
        for index in range(count):
            if index % TURN == 0:
                visitor.press("Clear")
            latency(visitor, index % TURN)
        tasks[view] = main_thread_tasks(json.loads(browser.stop_tracing())["traceEvents"])
    return tasks


def main_thread_tasks(events: list[dict[str, Any]]) -> list[float]:
    """Return the CPU time in milliseconds of each task of a page's main thread.

    CPU time, because a task also waits while other programs have the processor.

    Args:
        events: of a trace, in Chromium's trace event format.
    """
    names = [event for event in events if event["name"] == "thread_name"]
    mains = {(event["pid"], event["tid"]) for event in names if event["args"]["name"] == "CrRendererMain"}
    tasks = [event for event in events if event["name"] == "ThreadControllerImpl::RunTask" and "tdur" in event]
    return [event["tdur"] / 1000 for event in tasks if (event["pid"], event["tid"]) in mains]


def latency(visitor: Visitor, index: int) -> float:
    """Draw the stroke `index` of a turn and return the milliseconds from its pen-up to the answer on the page."""
    x, y = 60 + 20 * index, 60 + 15 * (index % 5)
    before = visitor.page.evaluate("window.times.length")
    visitor.draw([[[x + 5 * step, y + 12 * step] for step in range(11)]], pause=PACE)
    visitor.page.wait_for_function("count => window.times.length > count", arg=before)
    return visitor.page.evaluate("window.times.at(-1)")


def explained(visitor: Visitor, count: int) -> dict[str, dict[str, list[float]]]:
    """Draw `count` strokes of the example digits for each model, and return the time until each is explained.

    The times are milliseconds from pen-up to the approximate maps (`maps`) and to the values of erased ink (`values`).
    """
    visitor.open_tab("Why")
    visitor.page.locator("#why .card .cost").last.wait_for(state="attached")  # the view's module has been run
    visitor.page.evaluate(WATCH_WHY)
    strokes = [(stroke, at == 0) for example in EXAMPLES for at, stroke in enumerate(example["strokes"])]
    results = {}
    for name in checkpoint.shipped():
        read_by(visitor, name)
        visitor.page.evaluate("window.explained.maps.length = window.explained.values.length = 0")
        for done, (stroke, first) in enumerate(islice(cycle(strokes), count)):
            if first:
                visitor.press("Clear")
            visitor.draw([stroke], pause=PACE)
            visitor.page.wait_for_function("done => window.explained.values.length > done", arg=done, timeout=WAIT)
        results[name] = visitor.page.evaluate("window.explained")
    return results


def read_by(visitor: Visitor, name: str) -> None:
    """Choose a model; with a single shipped model there is nothing to choose."""
    choice = visitor.page.locator(f"#pad .models input[value='{name}']")
    if choice.count():
        choice.check()
        visitor.wait_for_reading()


def measure(count: int) -> dict[str, Any]:
    """Serve the app, visit it, and return the measurements; the browser starts before the clock."""
    log = Path(tempfile.mkdtemp()) / "log.txt"
    with chromium() as browser:
        started = time.perf_counter()
        with serve(log) as address:
            results: dict[str, Any] = {"seconds_to_serve": time.perf_counter() - started}
            results["load_of_the_machine"] = os.getloadavg()[0]  # load by other work, which makes times longer
            server = process_at(address)
            visitor = Visitor(browser.new_context(viewport=WINDOW), address, notes=False)
            results["seconds_to_first_reading"] = time.perf_counter() - started
            results |= over_the_wire(browser, address)
            served = Visitor(browser.new_context(viewport=WINDOW), address, engine=False)
            times = latencies({"engine": visitor, "server": served}, count)
            served.context.close()
            visitor.page.bring_to_front()
            results["memory_mib"] = memory(server)
            for view, tasks in task_times(browser, visitor, count).items():
                results |= {f"{view} long_tasks": sum(task >= LONG for task in tasks)}
                results |= {f"{view} longest_task_ms": max(tasks)}
            why = explained(visitor, min(count, EXPLAINED))
            visitor.context.close()
            results["idle_percent_of_a_core"] = idle_percent(server)
    for name, each in times.items():
        results |= {f"{name} count": len(each)} | summed(name, each)
    for name, each in why.items():
        results |= {f"{name} strokes_explained": len(each["values"])}
        results |= summed(f"{name} maps", each["maps"]) | summed(f"{name} values", each["values"])
    return results


def summed(name: str, times: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile of times in milliseconds."""
    return {f"{name}_ms_median": median(times), f"{name}_ms_p95": quantiles(times, n=20)[18]}


def run(args: Namespace) -> dict[str, Any]:
    """Measure and print."""
    check_whole("strokes", args.strokes, 2, 10_000)  # a percentile needs two
    results = measure(args.strokes)
    for name, value in results.items():
        print(f"{name:40} {value:8.1f}")
    return results


def main() -> int:
    """Run the command line and return its exit status."""
    parser = new_parser("python -m tests.browser.measure", "Measure the page in Chromium.", "json")
    parser.add_argument("--strokes", type=int, default=100, help="strokes to draw for each model (default: 100)")
    return carry_out(parser, run)


if __name__ == "__main__":
    sys.exit(main())
