"""Test that the README's animation moves and is not large."""

from PIL import Image, ImageSequence

from tests.browser.animation import FILE
from tests.serving import ROOT


def frames(path) -> list[bytes]:
    with Image.open(path) as animation:
        return [frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(animation)]


def test_the_readme_shows_an_animation_with_many_different_frames():
    """GitHub and Hugging Face show a GIF; a large one loads slowly."""
    assert f"({FILE.relative_to(ROOT).as_posix()})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(set(frames(FILE))) > 20
    assert FILE.stat().st_size < 2_000_000
