"""Test models of other data sets and sizes in Chromium: every view shows the classes by their names."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.serving import ROOT, free_port, wait_for
from train.datasets import DATASETS
from vit import VisionTransformer, ViTConfig, checkpoint, ink

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SERVE = """
import runpy, sys
from pathlib import Path
import demo.app
from vit import checkpoint
checkpoint.ASSETS = Path(sys.argv[1])
runpy.run_path("app.py", run_name="__main__")
"""
SIZES = {"embed_dim": 32, "depth": 2, "num_heads": 2, "mlp_dim": 32}
CLOTHES, LETTERS = DATASETS["fashion-mnist"].names, DATASETS["emnist-letters"].names
CONFIGS = {
    "clothes": ViTConfig(**SIZES, names=CLOTHES),
    "letters": ViTConfig(**SIZES, num_classes=26, names=LETTERS, pool="mean", positions="none"),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """Save two untrained checkpoints whose predictions are confident."""
    folder = tmp_path_factory.mktemp("models")
    for seed, (name, config) in enumerate(CONFIGS.items()):
        torch.manual_seed(seed)
        model = VisionTransformer(config).eval()
        with torch.no_grad():
            model.head.weight.mul_(20)
        checkpoint.save(model, folder / f"{name}.safetensors")
    return folder


@pytest.fixture(scope="module")
def url(models) -> Iterator[str]:
    port, log = free_port(), models / "log.txt"
    command = [sys.executable, "-c", f"import os; os.environ['GRADIO_SERVER_PORT'] = '{port}'\n{SERVE}", str(models)]
    with log.open("w") as file, subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/", server, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
    assert not re.search(rf'File "{ROOT}/(vit|train|demo|app)', log.read_text()), log.read_text()


@pytest.mark.parametrize("name", CONFIGS)
def test_every_view_shows_the_names_of_the_classes(name, browser: Browser, url, models):
    config, context = CONFIGS[name], browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context, url)
    page = visitor.page
    page.locator(f'#pad .models input[value="{name}"]').check(force=True)
    expect(page.locator("#bars .name")).to_have_text(list(config.class_names))
    visitor.wait_for_reading()
    image = torch.from_numpy(ink.from_strokes(visitor.asked()["strokes"]))[None, None]
    with torch.inference_mode():
        probs = checkpoint.load(models / f"{name}.safetensors")(image).softmax(dim=-1)[0]
    best = config.class_names[int(probs.argmax())]
    expect(visitor.spoken).to_contain_text(f"Read as {best}")
    shares = [float(text.removesuffix(" %")) / 100 for text in page.locator("#bars .share").all_inner_texts()]
    assert shares == pytest.approx(probs.tolist(), abs=6e-4)
    places = {"Layers": "#layers .summary", "Why": "#why .title", "What if": "#whatif .summary", "When": "#when .read"}
    for tab, place in places.items():
        visitor.open_tab(tab)
        expect(page.locator(place)).to_contain_text(best, timeout=20_000)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    unordered = "This model has no position embeddings"
    visitor.open_tab("Patches")
    expect(page.locator("#patches").get_by_text(unordered)).to_be_visible(visible=config.positions == "none")
    visitor.open_tab("Attention")
    mean = page.locator("#attention").get_by_text("This model predicts from the mean of its patches")
    expect(mean).to_be_visible(visible=config.pool == "mean")
    assert visitor.errors == [] and visitor.outside == []
    context.close()


@pytest.mark.parametrize("name", CONFIGS)
def test_the_overview_draws_any_model(name, browser: Browser, url):
    config, context = CONFIGS[name], browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context, url)
    visitor.open_tab("Overview")
    visitor.page.locator(f'#pad .models input[value="{name}"]').check(force=True)
    picture = visitor.page.locator("#overview .picture svg")
    expect(picture.locator("[data-part=bar]")).to_have_count(config.num_classes)
    visitor.wait_for_reading()
    names = picture.locator("[data-part=bar] text:first-of-type").all_text_contents()
    assert names == list(config.class_names)
    expect(picture.locator("[data-part=ring]").last).to_have_attribute(
        "aria-label", re.compile("from the mean of the patches" if config.pool == "mean" else "from cls")
    )
    shown = picture.locator("image").evaluate_all(
        "all => all.filter((each) => each.getAttribute('display') === 'none')"
    )
    assert len(shown) == {"clothes": 0, "letters": 3}[name]  # hidden: positions, and the numbers of the mean
    assert visitor.errors == [] and visitor.outside == []
    context.close()
