"""The README's moving picture: it moves, it can be shown, and it is written as it was taken."""

import io

from PIL import Image, ImageSequence

from tests.browser.animation import FILE, write
from tests.serving import ROOT


def frames(path) -> list[bytes]:
    with Image.open(path) as animation:
        return [frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(animation)]


def test_the_readme_shows_an_animation_of_many_frames_that_differ():
    """GitHub and Hugging Face show a GIF; a heavy one keeps a reader waiting."""
    assert f"({FILE.relative_to(ROOT).as_posix()})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(set(frames(FILE))) > 20
    assert FILE.stat().st_size < 2_000_000


def test_every_picture_is_written_with_its_time(tmp_path):
    """Three pictures with few colours come back as they were, in order, each for as long as was said."""
    colours = ["white", "#2f7de1", "#ef7d1a"]
    pictures = [Image.new("RGB", (40, 30), colour) for colour in colours]
    stays = [90, 900, 1500]
    write([(png(picture), stay) for picture, stay in zip(pictures, stays, strict=True)], tmp_path / "three.gif")
    assert frames(tmp_path / "three.gif") == [picture.tobytes() for picture in pictures]
    with Image.open(tmp_path / "three.gif") as animation:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(animation)] == stays


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
