"""A file is written in one step; symbolic links stay, and only regular files are replaced."""

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.serving import ROOT
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.files import check_destination, replacing, write_json, write_text

SMALL = VisionTransformer(ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8))
WRITERS = {
    "checkpoint": lambda path: checkpoint.save(SMALL, path),
    "json": lambda path: write_json(path, {"new": 1}),  # uses write_text and write_bytes
}


@pytest.fixture(params=WRITERS)
def write(request):
    """Return one of the two ways in which the project writes a file."""
    return WRITERS[request.param]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make a device")


@pytest.mark.parametrize(
    ("make", "kind"),
    [(named_pipe, "a named pipe"), (unix_socket, "a socket"), (device, "a device"), (Path.mkdir, "a folder")],
)
@pytest.mark.parametrize("linked", [False, True])
def test_a_path_that_is_no_regular_file_is_refused_and_stays(make, kind, linked, write, tmp_path):
    there = tmp_path / "there"
    make(there)
    before, path = there.lstat(), there
    if linked:
        path = tmp_path / "link"
        path.symlink_to("there")
    names = sorted(os.listdir(tmp_path))
    with pytest.raises(OSError, match=f"{path} is {kind}, not a regular file"):
        write(path)
    with pytest.raises(ValueError, match=f"^out must be a file that can be written: {path} is {kind}"):
        check_destination("out", path)
    after = there.lstat()
    assert (after.st_mode, after.st_ino, after.st_rdev) == (before.st_mode, before.st_ino, before.st_rdev)
    assert sorted(os.listdir(tmp_path)) == names


def test_a_link_stays_and_its_target_gets_the_content(write, tmp_path):
    """This holds through two links into another folder; the temporary file lies beside the target."""
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    target.write_text("old")
    (tmp_path / "middle").symlink_to("far/target")
    link.symlink_to(tmp_path / "middle")
    write(link)
    assert link.is_symlink() and (tmp_path / "middle").is_symlink() and not target.is_symlink()
    assert target.read_bytes() == link.read_bytes() != b"old"
    assert sorted(os.listdir(tmp_path)) == ["far", "link", "middle"]
    assert os.listdir(tmp_path / "far") == ["target"]


def test_a_link_to_nothing_makes_its_target(write, tmp_path):
    link = tmp_path / "link"
    link.symlink_to("target")
    write(link)
    assert link.is_symlink() and not (tmp_path / "target").is_symlink()
    assert (tmp_path / "target").stat().st_size > 0


def test_links_in_a_circle_are_an_error(write, tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(OSError, match="symbolic links"):
        write(tmp_path / "one")
    assert all(path.is_symlink() for path in tmp_path.iterdir())


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_every_new_file(write, umask, tmp_path):
    before = os.umask(umask)
    try:
        write(tmp_path / "new")
        (tmp_path / "plain").touch()
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new") == mode_of(tmp_path / "plain") == 0o666 & ~umask


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_that_is_replaced_keeps_its_permissions(write, mode, tmp_path):
    path = tmp_path / "old"
    path.write_text("old")
    path.chmod(mode)
    write(path)
    assert path.read_bytes() != b"old"
    assert mode_of(path) == mode


# Root may write everything, so a process of root switches to the user nobody.
AS_A_USER = """
import os, sys
from vit.files import check_destination, write_text
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for attempt in (write_text, lambda path, _: check_destination("out", path)):
    try:
        attempt(sys.argv[1], "new")
    except (OSError, ValueError) as error:
        print(error)
"""


@pytest.fixture
def read_only_folder():
    """Make a read-only folder with a read-only file in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old").write_text("old")
        (folder / "old").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "reason", "checked"),
    [
        ("old", "{} is read-only", "{} is read-only"),
        ("new", "[Errno 13] Permission denied: '{}'", "{}: Permission denied"),
    ],
)
def test_a_read_only_file_or_folder_is_an_error_that_names_it(name, reason, checked, read_only_folder):
    argv = [sys.executable, "-c", AS_A_USER, str(read_only_folder / name)]
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    expected = [
        reason.format(read_only_folder / name),
        "out must be a file that can be written: " + checked.format(read_only_folder / name),
    ]
    assert ran.stdout.splitlines() == expected
    assert (read_only_folder / "old").read_text() == "old" and os.listdir(read_only_folder) == ["old"]


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [None, "old"])
def test_an_interrupted_write_leaves_the_old_file(error, old, tmp_path):
    path = tmp_path / "file"
    if old:
        path.write_text(old)
    with pytest.raises(error), replacing(path) as partial:
        partial.write_text("half")
        assert partial.parent == tmp_path
        raise error
    assert [one.read_text() for one in tmp_path.iterdir()] == [old] * bool(old)


def test_text_and_json_are_written_unchanged(tmp_path):
    write_text(tmp_path / "text", "α\n")
    assert (tmp_path / "text").read_bytes() == "α\n".encode()
    write_json(tmp_path / "json", {"a": [1, 2.5, None]})
    assert json.loads((tmp_path / "json").read_text()) == {"a": [1, 2.5, None]}
    assert (tmp_path / "json").read_text().endswith("}\n")


def test_a_name_of_the_greatest_length_works(tmp_path):
    """The temporary file's name must not be longer than the file's own, or the system refuses it."""
    write_text(tmp_path / ("n" * 255), "new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]


def test_a_destination_is_checked_and_nothing_is_left(tmp_path):
    check_destination("json", None)
    check_destination("json", tmp_path / "new.json")
    check_destination("out", tmp_path / "deep" / "deeper" / "new", make_folders=True)
    check_destination("figure", tmp_path / "new.PNG", suffixes=(".png",))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none/new.json", "must lie in a folder that is there, got .*none/new.json$"),
        ("none/../folder", "must be a file that can be written: .*none/../folder is a folder"),
        ("file/new.json", "must be a file that can be written: .*file/new.json: Not a directory$"),
        ("n" * 256, "must be a file that can be written: .*: File name too long$"),
        ("new.txt", r"must end in one of .png, .svg, got .*new.txt$"),
    ],
)
def test_an_impossible_destination_is_refused(name, message, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    suffixes = (".png", ".svg") if name == "new.txt" else ()
    with pytest.raises(ValueError, match=f"^json {message}"):
        check_destination("json", tmp_path / name, suffixes=suffixes)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
