"""Test that torchvision can be imported beside any build of torch, and that no other import error is hidden."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

# An import that fails at the same point as torchvision's, after it has imported a submodule.
NEEDS_OPERATORS = """
import torch, torchvision.extension
for name in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, name):
        raise RuntimeError(f"operator torchvision::{name} does not exist".replace("qnms", "nms"))
"""


def run(code: str, *folders: Path) -> subprocess.CompletedProcess:
    lines = f"import sys; sys.path[:0] = {[str(folder) for folder in (*folders, ROOT)]}\n{code}"
    return subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, cwd=ROOT, check=False)


def fake(folder: Path, source: str) -> Path:
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(source)
    (package / "extension.py").write_text("print('extension')")
    return folder


def test_the_installed_torchvision_works():
    """In a new process, its datasets, its transforms and a second call work."""
    result = run("""
import torch
from train.data.torchvision_import import torchvision
module = torchvision()
from torchvision.transforms import v2
assert module.datasets.MNIST.mirrors
assert v2.RandomAffine(10)(torch.rand(2, 1, 28, 28)).shape == (2, 1, 28, 28)
assert torchvision() is module
print("done")
""")
    assert result.stdout == "done\n", result.stderr


def test_where_the_plain_import_works_no_operators_are_added(tmp_path):
    result = run(
        "import torch; from train.data.torchvision_import import torchvision; print(torchvision().__file__);"
        "print(hasattr(torch.ops.torchvision, 'nms'))",
        fake(tmp_path, ""),
    )
    assert result.stdout == f"{tmp_path}/torchvision/__init__.py\nFalse\n", result.stderr


def test_missing_operators_are_defined_and_the_import_starts_again(tmp_path):
    """The submodule that the first try had reached runs again."""
    folder = fake(tmp_path, NEEDS_OPERATORS)
    result = run("from train.data.torchvision_import import torchvision; torchvision(); torchvision()", folder)
    assert (result.returncode, result.stdout) == (0, "extension\nextension\n"), result.stderr


def test_another_error_is_raised(tmp_path):
    """It is raised at once; a second try would run the submodule again."""
    folder = fake(tmp_path, "import torchvision.extension\nraise RuntimeError('out of memory')")
    result = run("from train.data.torchvision_import import torchvision; torchvision()", folder)
    assert (result.returncode, result.stdout) == (1, "extension\n")
    assert result.stderr.endswith("RuntimeError: out of memory\n")
