"""Test the installed package, the links and commands of the documents, and what CI and the hooks run."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from email.parser import Parser
from pathlib import Path

import pytest
import yaml
from gradio_client import Client
from packaging.requirements import Requirement

from demo.app import main
from tests.serving import ROOT, free_port, wait_for

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
PACKAGES = ("vit", "train", "demo")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")


# --- the installed package


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the project's wheel without network from a copy of the source."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in (*PACKAGES, "assets"):
        shutil.copytree(ROOT / name, folder / "clone" / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyi"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder / "clone")
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*PIP, "wheel", *offline, "--wheel-dir", folder, folder / "clone"], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """Install the wheel into a folder outside the clone."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", folder, wheel], check=True)
    return folder


def environment(installed: Path) -> dict[str, str]:
    """Return an environment in which Python finds the installed package and nothing of the clone."""
    return {**os.environ, "PYTHONPATH": str(installed), "GRADIO_ANALYTICS_ENABLED": "False"}


def metadata(wheel: Path, name: str) -> str:
    """Return the text of a file of the wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        path = next(path for path in archive.namelist() if path.endswith(f".dist-info/{name}"))
        return archive.read(path).decode()


def pins(file: str) -> set[str]:
    """Return the requirements of a file, as `packaging` writes them."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {str(Requirement(line)) for line in lines if line and not line.startswith("#")}


def versions(requirements: Iterable[Requirement]) -> set[tuple[str, str]]:
    """Names and versions, without markers."""
    return {(one.name, str(one.specifier)) for one in requirements}


@pytest.mark.slow
def test_the_wheel_has_every_module_view_and_asset(wheel):
    suffixes = {".py", ".html", ".css", ".js", ".json"}
    source = {path for package in PACKAGES for path in (ROOT / package).rglob("*.*")}
    expected = {path.relative_to(ROOT).as_posix() for path in source if path.suffix in suffixes}
    assets = [path.relative_to(ROOT) for path in (ROOT / "assets").rglob("*.*") if "screenshots" not in path.parts]
    expected |= {f"vit/{path.as_posix()}" for path in assets}
    with zipfile.ZipFile(wheel) as archive:
        found = {path for path in archive.namelist() if ".dist-info/" not in path}
    assert found == expected


@pytest.mark.slow
def test_the_wheel_requires_what_the_requirements_files_pin(wheel):
    found = Parser().parsestr(metadata(wheel, "METADATA"))
    required = [Requirement(line) for line in found.get_all("Requires-Dist", [])]
    run_time = {str(one) for one in required if "extra" not in str(one.marker)}
    assert run_time == pins("requirements.txt")
    # An extra adds its own marker to each requirement, so only names and versions are compared.
    dev, sweep = (versions(one for one in required if f'"{extra}"' in str(one.marker)) for extra in ("dev", "sweep"))
    assert sweep == versions(map(Requirement, pins("requirements-sweep.txt")))
    assert dev == versions(map(Requirement, pins("requirements-dev.txt"))) | sweep


@pytest.mark.slow
def test_the_installed_model_reads_outside_the_clone(installed, tmp_path):
    code = "import train.loop; from vit import checkpoint as c; print(train.loop.__file__, c.__file__, *c.load_all())"
    output = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, env=environment(installed), text=True)
    modules, models = output.split()[:2], output.split()[2:]
    assert all(Path(module).is_relative_to(installed) for module in modules)
    assert models == ["digits-4x4", "digits-7x7"]


@pytest.mark.slow
def test_inkling_train_runs_outside_the_clone(installed, tmp_path):
    command = [installed / "bin" / "inkling-train", "--recipe", "fast", "--epochs", "0"]
    output = subprocess.run(
        command, cwd=tmp_path, env=environment(installed), capture_output=True, text=True, check=False
    )
    assert output.returncode == 1
    assert output.stderr.startswith("train: epochs must be")


@pytest.mark.slow
def test_inkling_serves_outside_the_clone(installed, tmp_path):
    port, log = free_port(), tmp_path / "log.txt"
    env = environment(installed)
    command = [installed / "bin" / "inkling", "--port", str(port)]
    with (
        log.open("w") as file,
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=file, stderr=file) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_for(url, server, log)
            answer = Client(url, verbose=False).predict([[[60, 10], [60, 110]]], api_name="/read")
        finally:
            server.terminate()
    assert answer["digit"] == 1


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_inkling_refuses_an_impossible_port(port, capsys):
    assert main([f"--port={port}"]) == 1
    assert capsys.readouterr().err == f"inkling: port must be a finite number in [1, 65535], got {port}\n"


# --- the documents


def test_contributing_fits_on_a_page():
    assert 10 < len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 60


def test_the_newest_version_in_the_changelog_is_the_projects():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", log, re.MULTILINE)
    version = re.search(r'^version = "(.+)"$', PROJECT, re.MULTILINE)
    assert version and headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(version[1])} - \d{{4}}-\d\d-\d\d", headings[1])


def documents() -> list[Path]:
    """Return all Markdown files of the project."""
    return [*ROOT.glob("*.md"), *(path for path in ROOT.glob("docs/**/*.md") if path.is_file())]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_relative_link_leads_to_a_file(document):
    targets = re.findall(r"\]\(([^()\s#]+)(?:#[^()\s]*)?\)", document.read_text(encoding="utf-8"))
    relative = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in relative if not (document.parent / target).exists()] == []


# --- what CI and the hooks run


def recipe(target: str) -> list[str]:
    """Return the lines that make runs for a target, with the path of the virtual environment's Python."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found, f"there is no target {target}"
    return [line.strip().replace("$(VENV_PYTHON)", ".venv/bin/python") for line in found[1].splitlines()]


def test_a_commit_runs_what_make_lint_runs():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    commit = [hook["entry"] for hook in hooks if "stages" not in hook]
    assert config["default_stages"] == ["pre-commit"]
    assert commit == [*recipe("lint"), "make lint-web"]
    assert [hook["entry"] for hook in hooks if hook.get("stages") == ["pre-push"]] == ["make test-fast"]


def test_the_workflow_runs_all_parts_on_all_versions():
    jobs = yaml.safe_load(WORKFLOW)["jobs"]
    zerogpu = [step.get("run", "") for step in jobs.pop("fast-tests-zerogpu")["steps"]]
    assert zerogpu[-2:] == [".venv/bin/python -m pip install -r requirements-zerogpu.txt", "make test-fast"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert commands == ["make lint", "make test-fast", "make test-slow"]
    assert all(recipe(command.removeprefix("make ")) for command in commands)
    versions = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PROJECT)
    assert jobs["fast-tests"]["strategy"]["matrix"]["python-version"] == versions


def test_the_workflow_may_only_read_and_its_actions_are_pinned():
    assert yaml.safe_load(WORKFLOW)["permissions"] == {"contents": "read"}
    uses = re.findall(r"uses: (.+)", WORKFLOW)
    assert uses and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in uses)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize(
    "path", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name
)
def test_each_command_in_the_docs_exists(path):
    """`python -m NAME` runs NAME/__main__.py, or NAME.py if it has a main."""
    for name in set(re.findall(r"python -m ((?:vit|train|demo|tests)[\w.]*\w)", path.read_text(encoding="utf-8"))):
        place = ROOT.joinpath(*name.split("."))
        module = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
        assert module.is_file(), f"{path.name} names {name}"
        assert '__name__ == "__main__"' in module.read_text(encoding="utf-8"), f"{name} runs nothing"
