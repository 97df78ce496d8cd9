"""The pictures to download show the attention that was asked for, where the patches are, and say what they show."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from demo.tabs.attention.figures import View, attention_figure, attention_file
from vit import Trace, ViTConfig

LAYERS, HEADS, GRID = 2, 3, 4
TOKENS = 1 + GRID * GRID
IMAGE = np.random.default_rng(0).random((28, 28), dtype=np.float32)
VIEW = View(layer=0, head=None, query=0, suffix="svg")


def trace_of(attention: torch.Tensor) -> Trace:
    """A trace of nothing but attention, (L, 1, h, N, N)."""
    nothing = torch.zeros(0)
    return Trace(nothing, attention, nothing, nothing)


@pytest.fixture
def attention():
    """Random attention, so that no two rows are alike."""
    torch.manual_seed(0)
    return torch.rand(LAYERS, 1, HEADS, TOKENS, TOKENS).softmax(dim=-1)


@pytest.fixture
def drawn(monkeypatch):
    """The figures that `attention_file` has drawn."""
    figures = []

    def spy(*args):
        figures.append(attention_figure(*args))
        return figures[-1]

    monkeypatch.setattr("demo.tabs.attention.figures.attention_figure", spy)
    return figures


def layers_of(figure):
    """The arrays that a figure shows, the image first and the attention over it."""
    return figure.axes[0].images


def figure_of(weights: np.ndarray, view: View = VIEW):
    return attention_figure(IMAGE, weights, weights[1:].reshape(GRID, GRID), view)


@pytest.mark.parametrize("layer", range(LAYERS))
@pytest.mark.parametrize("head", [None, *range(HEADS)])
@pytest.mark.parametrize("query", [0, 1, 7, TOKENS - 1])
def test_the_row_that_was_asked_for_is_drawn(attention, drawn, layer, head, query):
    attention_file(IMAGE, trace_of(attention), View(layer, head, query, "svg"))
    figure, rows = drawn[0], attention.numpy()[layer, 0]
    row = np.mean([rows[h][query] for h in range(HEADS)], axis=0) if head is None else rows[head][query]
    expected = [[row[1 + GRID * down + right] for right in range(GRID)] for down in range(GRID)]
    np.testing.assert_allclose(layers_of(figure)[1].get_array(), expected, rtol=1e-5)
    assert figure.axes[0].get_xlabel().startswith(f"on the cls token: {row[0]:.1%} ")


@pytest.mark.parametrize(("patch", "right", "down"), [(1, 0, 0), (4, 3, 0), (7, 2, 1), (13, 0, 3), (16, 3, 3)])
def test_the_brightest_patch_lies_over_its_pixels(patch, right, down):
    """As seen on paper: the patch's colour appears where the image has the patch, counted from the upper left."""
    weights = np.zeros(TOKENS, dtype=np.float32)
    weights[patch] = 1
    figure = attention_figure(np.zeros((28, 28)), weights, weights[1:].reshape(GRID, GRID), VIEW)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    paper = np.asarray(Image.open(file).convert("RGB")).astype(int)
    box = figure.axes[0].get_window_extent()  # counted from below, the rows of a picture from above
    middles = (np.arange(GRID) + 0.5) * box.width / GRID
    columns, rows = np.round(box.x0 + middles).astype(int), np.round(len(paper) - box.y1 + middles).astype(int)
    brightness = paper[np.ix_(rows, columns)].sum(axis=2)  # (G, G)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (down, right)
    assert np.sort(brightness, axis=None)[-2] < brightness.max() - 100


def test_image_and_attention_cover_the_same_square():
    weights = np.random.default_rng(1).dirichlet(np.ones(TOKENS)).astype(np.float32)
    below, above = layers_of(figure_of(weights))
    np.testing.assert_array_equal(below.get_array(), IMAGE)
    assert tuple(below.get_extent()) == tuple(above.get_extent()) == (0, 28, 28, 0)  # downwards, as images are
    assert below.origin == above.origin == "upper"
    assert above.get_clim()[0] == 0  # so that colours of two pictures start alike
    assert list(figure_of(weights).axes[0].get_xticks()) == [0, 7, 14, 21, 28]


@pytest.mark.parametrize(
    ("view", "title"),
    [
        (VIEW, "Where cls looks: layer 1, mean of the heads"),
        (replace(VIEW, layer=2, head=0), "Where cls looks: layer 3, head 1"),
        (replace(VIEW, query=7, head=5), "Where patch 7 looks: layer 1, head 6"),
    ],
)
def test_the_title_says_what_is_shown(view, title):
    weights = np.zeros(TOKENS, dtype=np.float32)
    weights[0], weights[5] = 0.25, 0.75
    axes = figure_of(weights, view).axes[0]
    assert axes.get_title() == title
    assert axes.get_xlabel() == "on the cls token: 25.0%    on the patches: 75.0%"


def test_a_png_is_a_picture(attention):
    picture = Image.open(io.BytesIO(attention_file(IMAGE, trace_of(attention), replace(VIEW, suffix="png"))))
    assert picture.format == "PNG"
    assert min(picture.size) > 500
    assert len(picture.convert("RGB").getcolors(10**6) or []) > 100


def test_an_svg_is_a_drawing_with_its_title(attention):
    file = attention_file(IMAGE, trace_of(attention), VIEW)
    root = ET.fromstring(file)  # noqa: S314 (our own file)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "Where cls looks: layer 1, mean of the heads" in file.decode()


def test_a_view_is_named_after_its_content():
    payload = {"layer": 1, "head": 2, "query": 7, "format": "png"}
    view = View.of(payload, ViTConfig(depth=2, num_heads=4))
    assert view == View(1, 2, 7, "png")
    assert (view.file_name, view.media_type) == ("attention-patch-7-layer-2-head-3.png", "image/png")
    assert (
        View.of({**payload, "head": None}, ViTConfig()).file_name == "attention-patch-7-layer-2-mean-of-the-heads.png"
    )
