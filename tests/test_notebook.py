"""The notebook runs from its first cell to its last, and is stored with small outputs."""

import json

import pytest

from tests.serving import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
LARGEST = 500_000  # bytes
# What must be true of the variables at the end: efficiency of the Shapley values, softmax by hand, a model that reads.
CHECKS = """
from vit.explain.masking import log_odds
everything, nothing = (log_odds(model.trace(each).logits, digit)[0] for each in (images, torch.zeros_like(images)))
assert digit == 4 and shares.classes == (9, 4)
assert torch.isclose(shapley.sum(), everything - nothing, atol=1e-3)
assert torch.allclose(by_hand, trace.attention[-1, 0, 0], atol=1e-5)
assert torch.allclose(lens[-1, 0], trace.logits[0].exp() / trace.logits[0].exp().sum(), atol=1e-5)
assert name == "shapley_erased" and score.rank > 0.999
assert predictions.accuracy > 0.9 and len(losses) == 3 * 40
"""


@pytest.mark.slow
def test_the_notebook_runs_where_jupyter_starts_it_and_computes_what_it_says(mnist_raw):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(CHECKS))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()


def test_the_stored_notebook_has_its_outputs_and_is_small():
    assert NOTEBOOK.stat().st_size < LARGEST
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell["outputs"] for cell in cells[2:])
    assert {output["output_type"] for cell in cells for output in cell["outputs"]} <= {"stream", "display_data"}
    assert {output["name"] for cell in cells for output in cell["outputs"] if "name" in output} == {"stdout"}
