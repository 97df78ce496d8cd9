"""The folders for Spaces: valid settings, pins of the repository, no file too many, and pages that start."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from gradio_client import Client
from packaging.requirements import Requirement

from demo.space.__main__ import main
from demo.space.front_matter import KINDS, readme
from demo.space.kinds import space_files
from tests.serving import ROOT, free_port, wait_for
from vit.ink.shipped import examples

SERVED = ("zerogpu", "cpu")
SETTINGS = {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "license"}
SETTINGS |= {"short_description", "pinned", "suggested_hardware"}  # of those that the Hub knows, those that we use
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
IMPORTED_AS = {"pillow": "PIL"}
COMMANDS_ONLY = {"skimage"}  # imported within a function of a command that the page does not call
OF_GRADIO = {"gradio", "gradio_client", "fastapi", "starlette", "uvicorn"}  # Gradio itself brings them
SPACES = """
def GPU(task, duration=None):
    return task
"""


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def folder(kind, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("space") / kind
    assert main([kind, str(folder)]) == 0
    return folder


def pins(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]


def test_the_front_matter_has_known_keys_and_valid_values(kind, folder):
    settings = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert set(settings) <= SETTINGS
    assert {settings["colorFrom"], settings["colorTo"]} <= COLOURS
    assert len(settings["short_description"]) <= 60
    assert settings["sdk"] == ("static" if kind == "static" else "gradio")
    assert (folder / settings["app_file"]).is_file()
    assert ("sdk_version" in settings) == ("python_version" in settings) == (kind != "static")
    if kind == "zerogpu":
        assert (settings["python_version"], settings["suggested_hardware"]) == ("3.12.12", "zero-a10g")


def test_a_folder_has_no_file_that_only_developers_need(folder):
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert not {"tests", "docs", "screenshots", "benchmarks", "sweep", "load_test"} & {
        part for path in paths for part in path.parts
    }
    assert not [path for path in paths if path.suffix in (".pyc", ".pyi", ".ipynb", ".lock")]
    assert sum((folder / path).stat().st_size for path in paths) < 10_000_000


@pytest.mark.parametrize("kind", SERVED, scope="module")
def test_all_models_are_there(kind, folder):
    models = {path.relative_to(ROOT) for path in (ROOT / "assets").rglob("*.safetensors")}
    assert models == {path.relative_to(folder) for path in folder.rglob("*.safetensors")}


@pytest.mark.parametrize("kind", SERVED, scope="module")
def test_the_requirements_are_pins_of_the_repository(kind, folder):
    allowed = {str(pin) for pin in pins((ROOT / "requirements.txt").read_text())}
    instead = pins((ROOT / "requirements-zerogpu.txt").read_text()) if kind == "zerogpu" else []
    found = pins((folder / "requirements.txt").read_text())
    assert {str(pin) for pin in found} <= allowed | {str(pin) for pin in instead}
    versions = {pin.name: str(pin.specifier) for pin in found}
    assert versions["torch"] == ("==2.11.0" if kind == "zerogpu" else "==2.13.0")
    assert "gradio" not in versions  # `sdk_version` says which
    settings = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert f"gradio=={settings['sdk_version']}" in allowed


@pytest.mark.parametrize("kind", SERVED, scope="module")
def test_what_its_modules_import_is_there_or_required(kind, folder):
    required = {IMPORTED_AS.get(pin.name, pin.name) for pin in pins((folder / "requirements.txt").read_text())}
    here = {path.stem for path in folder.iterdir()}
    for path in folder.rglob("*.py"):
        if path.parent.name == "snippets":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            roots = {name.split(".")[0] for name in names}
            assert roots <= required | here | OF_GRADIO | COMMANDS_ONLY | {"spaces"} | sys.stdlib_module_names, path


@pytest.mark.parametrize("kind", SERVED, scope="module")
def test_the_app_in_the_folder_starts_and_reads(kind, folder, tmp_path):
    (tmp_path / "spaces.py").write_text(SPACES)
    log, port = tmp_path / "log.txt", free_port()
    env = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    env["PYTHONPATH"] = str(tmp_path)
    with (
        log.open("w") as file,
        subprocess.Popen([sys.executable, "-B", "app.py"], cwd=folder, env=env, stdout=file, stderr=file) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/", server, log)
            client = Client(f"http://127.0.0.1:{port}/", verbose=False)
            drawn = next(each for each in examples() if each["label"] == 4)
            answer = client.predict(drawn["strokes"], api_name="/read")
        finally:
            server.terminate()
    assert answer["digit"] == 4, answer


def test_spaces_is_imported_before_torch():
    app = ast.parse(space_files("zerogpu")["app.py"])
    first = next(node for node in app.body if isinstance(node, ast.Import | ast.ImportFrom))
    assert isinstance(first, ast.Import) and first.names[0].name == "spaces"


def test_a_folder_that_is_not_empty_is_refused(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["cpu", str(tmp_path)]) == 1
    assert re.fullmatch(r"demo\.space: .* is not empty; choose a new folder\n", capsys.readouterr().err)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_readme_without_front_matter_is_refused():
    with pytest.raises(ValueError, match="must begin with a front matter"):
        readme("cpu", "# Inkling\n---\n---\n")


def test_the_repository_itself_is_a_space_for_the_cpu():
    mine = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    made = space_files("cpu")["README.md"].decode().split("---\n")[1]
    assert yaml.safe_load(made) == yaml.safe_load(mine) | {"suggested_hardware": "cpu-basic"}
