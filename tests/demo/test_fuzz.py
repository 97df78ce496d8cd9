"""For any payload, a function of the page's server answers with JSON or a refusal, never with 500 or a traceback.

Run longer with `pytest tests/demo/test_fuzz.py --hypothesis-profile long`.
"""

import uuid

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

PLACE = "/gradio_api/component_server"
SLOW = {"fetch", "measure", "unseen", "test"}  # download, measure times, read 65,536 subsets, read MNIST

numbers = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-2, 300),
    st.sampled_from([1e308, -1e-308]),
)
texts = st.one_of(
    st.text(max_size=20), st.sampled_from(["digits-4x4", "digits-7x7", "__proto__", "../../etc/passwd", "0"])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
points = st.lists(numbers, max_size=5) | st.tuples(st.floats(0, 280), st.floats(0, 280))
strokes = st.lists(st.lists(points, max_size=12) | values, max_size=4)
KEYS = [
    *(
        "before",
        "changes",
        "command",
        "corrections",
        "digit",
        "heads",
        "image",
        "index",
        "job",
        "jobs",
        "known",
        "label",
    ),
    *(
        "layer",
        "model",
        "models",
        "optimizer",
        "patch",
        "patches",
        "patch_size",
        "picture",
        "sample",
        "settings",
        "start",
        "symbols",
    ),
    *("steps", "target", "task", "token", "view", "whole"),
]


def some(keys, inner):
    """Return a strategy for dictionaries with some of the keys."""
    return st.dictionaries(st.sampled_from(keys), inner, max_size=5)


payloads = (
    values | some(KEYS, values) | st.builds(lambda keys, ink: {**keys, "strokes": ink}, some(KEYS, values), strokes)
)


def functions(client):
    """Return all server functions of the page: the component's id and the function's name."""
    parts = client.get("config").json()["components"]
    return [(part["id"], name) for part in parts for name in part["props"].get("server_fns") or ()]


def test_no_payload_breaks_a_server_function(app):
    with httpx.Client(base_url=app, timeout=60) as client:
        found = functions(client)
        assert {"read", "erased", "differences", "now", "checkpoint"} <= {name for _, name in found}
        for component, name in found:
            send_anything(client, component, name)


def send_anything(client, component, name):
    @settings(max_examples=3 if name in SLOW else settings().max_examples)
    @given(payload=payloads)
    def send(payload):
        body = {"data": payload, "fn_name": name, "component_id": component, "session_hash": uuid.uuid4().hex}
        answer = client.post(PLACE, json=body)
        assert answer.status_code < 500, (name, answer.text[:300])
        if answer.is_success:
            answer.json()

    send()


@settings(max_examples=30)
@given(
    body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    kind=st.sampled_from(["application/json", "", "text/plain"]),
)
def test_no_body_breaks_the_server(body, kind, app):
    answer = httpx.post(app.rstrip("/") + PLACE, content=body, headers={"Content-Type": kind}, timeout=60)
    assert answer.status_code < 500


@settings(max_examples=30)
@given(path=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60), query=st.text(max_size=40))
def test_no_address_breaks_the_server(path, query, app):
    with httpx.Client(base_url=app, timeout=60) as client:
        for start in ("", "gradio_api/", "gradio_api/file=", "picture/"):
            try:
                request = client.build_request("GET", f"/{start}{path}", params={"a": query})
            except (httpx.InvalidURL, ValueError):
                continue
            assert client.send(request).status_code < 500, request.url
