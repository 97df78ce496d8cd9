"""Test that the weights for the browser's engine are served under an address that changes with them."""

import urllib.request
from urllib.error import HTTPError

import pytest

from demo.weights import addresses
from vit import checkpoint


def test_each_shipped_checkpoint_is_served_unchanged_and_may_be_cached(app):
    assert list(addresses()) == ["digits-4x4", "digits-7x7"]
    for name, path in addresses().items():
        request = urllib.request.Request(f"{app}{path}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert answer.read() == checkpoint.locate(name).read_bytes()
            assert "immutable" in answer.headers["Cache-Control"]
            assert int(answer.headers["Content-Length"]) == checkpoint.locate(name).stat().st_size


def test_another_version_or_name_is_not_served(app):
    path = addresses()["digits-4x4"]
    version = path.split("/")[1]
    for other in (path.replace(version, "0" * 12), path.replace("digits-4x4", "samples"), f"weights/{version}/"):
        with pytest.raises(HTTPError, match="404"):
            urllib.request.urlopen(f"{app}{other}")
