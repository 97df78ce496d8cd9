"""Test the glossary: terms have two sentences and a place on the page, and the page's field words are its terms."""

import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import gradio as gr
import pytest

from demo.app import build
from demo.component import FOLDER
from demo.glossary import terms
from demo.steps import TABS, name_of
from tests.serving import ROOT
from train.config import AUGMENTATIONS, TrainConfig
from vit.config import ViTConfig
from vit.explain.methods import METHODS

TERMS = terms()
VIEWS = [name_of(tab) for tab in TABS]
# Terms of the field, from textbooks and the glossaries of scikit-learn and timm. If the page uses one, the glossary
# must explain it.
FIELD_WORDS = """
accuracy, ablation, Adam, attention, attention distance, attention head, attention map, attention weight,
augmentation, backpropagation, batch, batch size, bias, calibrated, calibration, checkpoint, class, cls,
confusion matrix, convolution, correction, cosine similarity, cross entropy, cross-validation, decoder, deletion,
depth, dropout, early stopping, embedding, encoder, ensemble, epoch, erased, faithfulness, feature map,
feed-forward, filter, fine-tuning, forgetting, generalization, gradient, gradient descent, held-out digits,
hyperparameter, input x gradient, insertion, integrated gradients, interaction, kernel, key, label, latent, layer,
layer norm, learning rate, linear projection, log-odds, logit, logit lens, loss, mlp, MNIST, momentum, Muon, nats,
norm, occlusion, one-hot, optimizer, out of distribution, overfitting, parameter, patch, patch embedding, pixel,
pooling, position, position embedding, prediction, principal component, probability, query, rank agreement, recall,
receptive field, recipe, regularization, relevance, residual, robust, rollout, saliency, schedule, seed,
self-attention, Shapley value, sigmoid, singular value, singular vector, softmax, standard deviation,
standard error, step, t-SNE, temperature, test digit, token, transformer, underfitting, unseen, value, vector,
warmup, weight decay, width
"""
# Settings whose names are not on the page, or are everyday words.
OMITTED = {
    "act",
    "start",
    "mean",
    "std",
    "names",
    "amounts",
    "precision",
    "positions",
    "pool",
    "without",
    "scale",
}


def phrase(words: str) -> str:
    """Return a regular expression for these words, in the singular or the plural."""
    spaced = r"\s+".join(re.escape(word) for word in words.split())
    return rf"(?<![\w-]){spaced}(?:e?s)?(?!\w)"


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", script, flags=re.DOTALL)


def texts_of_script(path: Path) -> str:
    """Return the string literals of a script that look like words and not like code."""
    literals = re.findall(r'"([^"\n]*)"|`([^`]*)`', without_comments(path.read_text(encoding="utf-8")))
    texts = [re.sub(r"\$\{[^{}]*\}", " ", one or other) for one, other in literals]
    return "\n".join(text for text in texts if " " in text.strip() or text[:1].isupper())


def texts_of_gradio() -> str:
    """Return labels, hints, choices and Markdown of the page's own Gradio components."""
    names = ("label", "info", "value", "choices", "placeholder")
    blocks = [block for block in build().blocks.values() if not isinstance(block, gr.HTML)]
    return "\n".join(str(getattr(block, name, None) or "") for block in blocks for name in names)


@pytest.fixture(scope="module")
def page() -> str:
    """Return all words that the page can show, without those of the glossary."""
    ours = [path for path in FOLDER.rglob("*") if path.suffix in (".html", ".js") and path.parent.name != "glossary"]
    read = [
        re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8")) if path.suffix == ".html" else texts_of_script(path)
        for path in ours
    ]
    methods = [f"{method.title}. {method.claim}" for method in METHODS.values()]
    parts = re.findall(r'ModelPart\("([^"]*)"', (ROOT / "train" / "gradient_step.py").read_text(encoding="utf-8"))
    return "\n".join([*read, texts_of_gradio(), *methods, *parts])


def used(words: str, text: str) -> bool:
    return re.search(phrase(words), text, re.IGNORECASE) is not None


def field_words() -> list[str]:
    """Return the words of the field, and the names of the settings and of the explanation methods."""
    listed = [" ".join(words.split()) for words in FIELD_WORDS.split(",")]
    settings = (
        {field.name for kind in (ViTConfig, TrainConfig) for field in fields(kind)} - OMITTED - set(AUGMENTATIONS)
    )
    methods = {method.title.split(",")[0] for method in METHODS.values()}
    return sorted({*listed, *(name.replace("_", " ") for name in settings), *methods})


def undefined(text: str) -> list[str]:
    """Return the field words that a text uses and that name no term."""
    names = "; ".join(word for term in TERMS for word in term["words"])
    return [words for words in field_words() if used(words, text) and not used(words, names)]


def test_each_field_word_of_the_page_is_explained(page):
    assert undefined(page) == []


def test_each_field_word_in_an_explanation_is_explained_too():
    assert undefined("\n".join(sentence for term in TERMS for sentence in term["text"])) == []


def test_each_term_is_used(page):
    """A term is used on the page, or in the explanation of another term."""
    for term in TERMS:
        others = [sentence for other in TERMS if other is not term for sentence in other["text"]]
        assert any(used(word, "\n".join([page, *others])) for word in term["words"]), term["id"]


def test_a_term_has_two_short_sentences():
    for term in TERMS:
        assert set(term) - {"within"} == {"id", "name", "words", "text", "show"}
        assert len(term["text"]) == 2, term["id"]
    for sentence in (sentence for term in TERMS for sentence in term["text"]):
        assert re.fullmatch(r"[A-ZÀ-Ýct0-9][^\n]*[^.]\.", sentence), sentence
        assert not re.search(r"[.!?] [A-Z]", sentence), f"two sentences in one: {sentence}"
        assert len(sentence.split()) <= 25, sentence


def test_terms_are_sorted_and_each_word_has_one_meaning_in_a_place():
    assert [term["name"] for term in TERMS] == sorted((term["name"] for term in TERMS), key=str.lower)
    assert max(Counter(term["id"] for term in TERMS).values()) == 1
    meanings = Counter((word.lower(), term.get("within")) for term in TERMS for word in term["words"])
    assert [meaning for meaning, count in meanings.items() if count > 1] == []


def built_as(elem_id: str, path: Path) -> bool:
    """Return whether a Python file builds a component with this id."""
    return re.search(rf'component\(\s*__file__,\s*"{elem_id}"', path.read_text(encoding="utf-8")) is not None


def test_the_place_of_a_term_is_on_the_page():
    for term in TERMS:
        check_place(term["show"])


def check_place(place: dict) -> None:
    """Check that the view is a tab, and that the selector names a component and what its files contain."""
    assert set(place) <= {"view", "selection", "selector"}
    assert set(place.get("selection", {})) <= {"token", "layer", "head", "digit"}
    assert place.get("view", VIEWS[0]) in VIEWS
    assert place.get("view") or place.get("selector")
    if "selector" not in place:
        return
    home, *parts = re.findall(r"[\w-]+", place["selector"].partition(" ")[0]) + place["selector"].split()[1:]
    folder = next(path.parent for path in FOLDER.rglob("*.py") if built_as(home, path))
    files = "\n".join(path.read_text(encoding="utf-8") for path in folder.iterdir() if path.suffix in (".html", ".js"))
    for name in re.findall(r"[a-z]+(?:-[a-z]+)*", " ".join(parts)):
        assert re.search(rf"\b{re.escape(name)}\b", files), name
