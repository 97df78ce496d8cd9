"""Test the project's rules: which package imports which, and that no module does work at import."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {  # besides the standard library and itself
    "vit": {"torch", "numpy", "scipy", "PIL", "safetensors", "matplotlib"},
    "train": {"vit", "torch", "numpy", "scipy", "PIL", "safetensors", "torchvision", "tqdm", "matplotlib"}
    | {"tensorboard", "skimage", "ray", "optuna", "tomli"},
    "demo": {"vit", "train", "torch", "numpy", "scipy", "PIL", "safetensors", "matplotlib", "gradio"}
    | {"gradio_client", "fastapi", "starlette", "uvicorn"}  # gradio itself serves with these
    | {"spaces"},  # of the Hub
    "app.py": {"demo"},
}
ONLY_IN = {
    "gradio": ("demo/", "app.py"),
    "matplotlib": (
        "train/evaluation/figures.py",
        "train/benchmarks/faithfulness_figure.py",
        "train/sweep/report.py",
    ),
    "torchvision": ("train/",),
    "spaces": ("demo/training/gpu.py",),
    "tensorboard": ("train/",),
    "skimage": ("train/synthetic/vectorize.py",),  # not a run-time requirement
    **dict.fromkeys(("ray", "optuna", "tomli"), ("train/sweep/",)),  # nor are these
}
SNIPPETS = Path("demo/in_python/snippets")  # programs, which the page shows and nothing imports
# Imported only where they are used, since they may be missing or broken.
LATE = {"torchvision", "skimage", "ray", "optuna", "tomli", "spaces"}


def modules(root: Path) -> list[Path]:
    """Return the project's own modules without tests, relative to the root."""
    found = [path for package in ("vit", "train", "demo") for path in (root / package).rglob("*.py")]
    return sorted(path.relative_to(root) for path in [*found, *root.glob("app.py")])


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of every module that the source imports anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{node.module}" if node.level == 0 else f".{node.module or ''}"


def imports_at_start(tree: ast.Module) -> Iterator[str]:
    """Yield the imports that run when the module is imported: all that are not inside a function."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imports(node)


def breaches(root: Path) -> list[str]:
    """Return one line for each import that the rules forbid."""
    found = []
    for path in modules(root):
        tree = ast.parse((root / path).read_text())
        found += [f"{path} imports {name}" for name in imports(tree) if not _allowed(path, name)]
        early = LATE.intersection(name.split(".")[0] for name in imports_at_start(tree))
        found += [f"{path} imports {name} before it is needed" for name in sorted(early) if _allowed(path, name)]
    return found


def _allowed(path: Path, name: str) -> bool:
    home, package = path.parts[0], name.split(".", maxsplit=1)[0]
    if package in ("", home) or package in sys.stdlib_module_names:
        return True
    # torch.utils.tensorboard is TensorBoard by another name.
    places = ONLY_IN.get("tensorboard" if name.startswith("torch.utils.tensorboard") else package, ("",))
    return package in MAY_IMPORT[home] and path.as_posix().startswith(places)


def test_the_project_keeps_its_import_rules():
    assert modules(ROOT), "no module was found"
    assert breaches(ROOT) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("vit/model.py", "import train.data.dataset"),
        ("vit/model.py", "def later():\n    from demo import app"),
        ("vit/ink/strokes.py", "import torchvision"),
        ("vit/explain/logit_lens.py", "import pandas"),
        ("vit/trace.py", "from matplotlib.figure import Figure"),
        ("train/loop.py", "from demo.training.training_queue import Job"),
        ("train/loop.py", "import gradio as gr"),
        ("train/loop.py", "import matplotlib.pyplot"),
        ("train/augment.py", "from torchvision.transforms import v2"),
        ("train/augment.py", "if True:\n    import torchvision"),
        ("train/synthetic/handwriting.py", "from skimage.morphology import skeletonize"),
        ("train/loop.py", "def later():\n    import skimage"),
        ("train/loop.py", "def later():\n    import optuna"),
        ("train/sweep/search.py", "from ray import tune"),
        ("vit/model.py", "from torch.utils.tensorboard import SummaryWriter"),
        ("demo/tabs/train/__init__.py", "from matplotlib.figure import Figure"),
        ("demo/app.py", "def later():\n    import torchvision"),
        ("app.py", "import torch"),
    ],
)
def test_a_forbidden_import_is_found(path, source, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(source)
    assert len(breaches(tmp_path)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("vit/model.py", "import math\nimport torch.nn.functional as F\nfrom vit.config import ViTConfig"),
        ("train/data/torchvision_import.py", "def torchvision():\n    import torchvision"),
        ("train/evaluation/figures.py", "from matplotlib.figure import Figure"),
        ("train/tensorboard.py", "from torch.utils.tensorboard import SummaryWriter"),
        ("demo/tabs/train/__init__.py", "import gradio as gr\nfrom train.loop import train\nfrom . import patches"),
        ("app.py", "from demo.app import build"),
    ],
)
def test_an_allowed_import_is_not_reported(path, source, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(source)
    assert breaches(tmp_path) == []


# Runs in a separate process. Libraries are imported first, so their own work at import is not recorded. The hook then
# records what the project's modules do, except for Gradio's .pyi files beside components and Python's .pyc files.
WATCH = """
import importlib, json, os, sys
libraries, names = json.loads(sys.argv[1])
for name in libraries:
    importlib.import_module(name)
operations = []

def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if mode is None else set(mode) & set("wax+")
        if writes and not str(path).endswith((".pyi", ".pyc")) and ".pyc." not in str(path):
            operations.append(f"{current} writes {path}")
    elif event in ("os.mkdir", "os.remove", "os.rename", "os.rmdir"):
        if not str(arguments[0]).endswith((".pyi", "__pycache__")) and ".pyc." not in str(arguments[0]):
            operations.append(f"{current} calls {event} on {arguments[0]}")
    elif event in ("socket.__new__", "socket.connect", "socket.bind", "subprocess.Popen", "os.system"):
        operations.append(f"{current} calls {event}")

sys.addaudithook(hook)
for current in names:
    importlib.import_module(current)
os.write(int(sys.argv[2]), json.dumps(operations).encode())
"""


def operations_at_import(root: Path, names: list[str], libraries: list[str]) -> tuple[list[str], str]:
    """Import the modules one after another; return the operations they did and what they printed."""
    reading, writing = os.pipe()
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WATCH, json.dumps([libraries, names]), str(writing)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "GRADIO_ANALYTICS_ENABLED": "False"},
        pass_fds=[writing],
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        operations = pipe.read()
    assert result.returncode == 0, result.stderr
    return json.loads(operations), result.stdout + result.stderr


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def test_no_module_does_work_at_import():
    libraries = [
        "torch",
        "torch.utils.tensorboard",
        "numpy",
        "scipy",
        "PIL.Image",
        "matplotlib.figure",
        "gradio",
        "fastapi",
    ]
    names = [_dotted(path) for path in modules(ROOT) if path != Path("app.py") and path.parent != SNIPPETS]
    assert len(names) > 5
    assert operations_at_import(ROOT, names, libraries) == ([], "")


@pytest.mark.parametrize(
    ("source", "operation"),
    [
        ("open('note.txt', 'w').close()", "work writes note.txt"),
        ("from pathlib import Path; Path('runs').mkdir()", "work calls os.mkdir on runs"),
        ("import socket; socket.socket().close()", "work calls socket.__new__"),
        ("import subprocess; subprocess.run(['true'])", "work calls subprocess.Popen"),
    ],
)
def test_work_at_import_is_found(source, operation, tmp_path):
    (tmp_path / "work.py").write_text(source)
    operations, printed = operations_at_import(tmp_path, ["work"], [])
    assert operation in operations
    assert printed == ""


def test_printing_at_import_is_found(tmp_path):
    (tmp_path / "work.py").write_text("print('hello')")
    assert operations_at_import(tmp_path, ["work"], []) == ([], "hello\n")
