"""Test what every view offers for download: a figure as PNG and SVG, its data and the citation."""

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from tests.browser.figure_file import VERSION, copied

pytestmark = pytest.mark.browser
REFUSE = "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"


def test_the_citation_is_one_bibtex_entry(visitor):
    visitor.open_tab("Attention")
    entry = copied(visitor, "attention", "bib")
    assert entry.startswith("@software{inkling,\n")
    assert entry.count("@") == 1
    assert entry.count("{") == entry.count("}")
    assert f"version = {{{VERSION}}}" in entry


GIF = """async ([module, width, height, palette, frames]) => {
    const { gifWriter } = await import(module);
    const file = gifWriter(width, height, palette);
    for (const pixels of frames) file.add(Uint8Array.from(pixels), 7);
    return [...file.end()];
}"""


def test_a_gif_has_the_given_pixels(visitor):
    """Random pixels overflow the table of codes, and equal pixels do not; Pillow reads the file."""
    rng, width, height = np.random.default_rng(0), 150, 90
    palette = rng.permutation(256 * 256 * 256)[:45]
    colours = np.stack([palette >> 16, palette >> 8 & 255, palette & 255], axis=1)
    frames = [rng.integers(0, 45, width * height), np.full(width * height, 44), np.arange(width * height) // 700]
    module = visitor.bus.replace("bus.js", "figure/gif.js")
    asked = [module, width, height, colours.tolist(), [frame.tolist() for frame in frames]]
    with Image.open(io.BytesIO(bytes(visitor.page.evaluate(GIF, asked)))) as animation:
        assert animation.n_frames == 3
        for frame, pixels in zip(ImageSequence.Iterator(animation), frames, strict=True):
            assert animation.info["duration"] == 70
            assert (np.asarray(frame.convert("RGB")) == colours[pixels].reshape(height, width, 3)).all()


def test_without_clipboard_a_file_is_saved(visitor, tmp_path):
    visitor.open_tab("Attention")
    text = copied(visitor, "attention", "csv")
    visitor.page.evaluate(REFUSE)
    path = visitor.save("attention", "csv", tmp_path)
    assert path.name == "attention-cls-layer-3-mean-of-the-heads.csv"
    assert path.read_bytes().decode() == text
    expect(visitor.page.locator("#attention .message")).to_contain_text("saved as a file")
    assert visitor.save("attention", "bib", tmp_path).name == "inkling.bib"


def test_after_clear_the_figure_shows_the_last_drawing(visitor, tmp_path):
    visitor.open_tab("Attention")
    before = visitor.save("attention", "svg", tmp_path).read_bytes()
    visitor.press("Clear")
    expect(visitor.page.locator("#pad [aria-busy=false]")).to_be_attached()
    after = visitor.save("attention", "svg", tmp_path).read_bytes()
    assert re.sub(rb"scale-\d+", b"", after) == re.sub(rb"scale-\d+", b"", before)
    assert "Inkling" in copied(visitor, "attention", "bib")
