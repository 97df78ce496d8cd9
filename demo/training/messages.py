"""Sentences about a training for its visitor."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Count in words: `1 step`, `812 steps`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def waiting_message(ahead: int) -> str:
    """Tell a visitor how many trainings are ahead."""
    if ahead == 0:
        return "Waiting: yours is next."
    return f"Waiting: {count(ahead, 'training')} {'is' if ahead == 1 else 'are'} ahead of yours."


def sentence(text: str) -> str:
    """Return the first line of an error's text as a sentence."""
    line = text.strip().split("\n")[0]
    return f"{line[:1].upper()}{line[1:].rstrip('.')}."
