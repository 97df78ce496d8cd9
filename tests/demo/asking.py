"""Ask again until an answer that takes seconds is there."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any, TypeVar

Payload = dict[str, Any]
Ask = Callable[[Payload], Payload]
Value = TypeVar("Value")


def wait_for(condition: Callable[[], Value], seconds: float = 60.0) -> Value:
    """Return the first true value of `condition()`.

    Raises:
        AssertionError: there is none within some seconds.
    """
    until = monotonic() + seconds
    while not (value := condition()):
        assert monotonic() < until, f"still {value!r} after {seconds:g} seconds"
        sleep(0.01)
    return value


def answer_of(ask: Ask, payload: Payload, *keys: str) -> Payload:
    """Ask until an answer has one of the `keys` or is an error; without keys, until it is no progress (`done`)."""

    def last() -> Payload | None:
        answer = ask(payload)
        over = {"error", *keys} & set(answer) if keys else "done" not in answer
        return answer if over else None

    return wait_for(last) or {}


def learned(begin: Ask, look: Ask, asked: Payload, key: str) -> Payload:
    """Begin to learn, and ask until an answer has `key` or is an error."""
    answer = begin(asked)
    return answer if "error" in answer else answer_of(look, {"task": answer["task"]}, key)
