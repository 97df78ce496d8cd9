"""For tests of the benchmark of time to accuracy: runs whose figures were computed by hand."""

from train.benchmarks.results import BLOG, FAST, POST, Run

MACHINE = {"processor": "Abacus", "cores": 2, "threads": 1, "torch": "2.0"}


def slow(way, seed, *accuracy, epochs=3, second=100.0):
    """Make a run in which each epoch took `second` seconds."""
    seconds = tuple(second * epoch for epoch in range(1, len(accuracy) + 1))
    return Run(way, seed, epochs, 848_458, "float32", seconds, accuracy)


def fast(seed, epochs, seconds, accuracy):
    """Make a finished run of `fast`, tested at its end."""
    times = tuple(seconds * epoch / epochs for epoch in range(1, epochs + 1))
    return Run(FAST, seed, epochs, 105_546, "bfloat16", times, (None,) * (epochs - 1) + (accuracy,))


# The figures in the comments were computed by hand.
RUNS = [
    slow(POST, 0, 0.96, 0.975, 0.985),  # 97 % at 200, 98 % at 300
    slow(POST, 1, 0.965, 0.98, 0.982, second=110.0),  # 97 % and 98 % at 220
    slow(POST, 2, 0.96, 0.971, 0.979, second=90.0),  # 97 % at 180, never 98 %
    slow(BLOG, 0, 0.9, 0.97, 0.971, second=40.0),  # 97 % at 80
    *(fast(seed, 1, 8.0 + seed, accuracy) for seed, accuracy in enumerate([0.975, 0.972, 0.969])),  # 97 %: median .972
    *(fast(seed, 2, 16.0 + seed, accuracy) for seed, accuracy in enumerate([0.985, 0.981, 0.97])),  # 98 %: median .981
    *(fast(seed, 3, 24.0 + seed, accuracy) for seed, accuracy in enumerate([0.995, 0.989, 0.98])),  # one seed in three
    *(fast(seed, 4, 50.0 + seed, accuracy) for seed, accuracy in enumerate([0.99, 0.993, 0.992])),  # 99 %
]


def cells(text: str) -> dict[str, list[str]]:
    """Return the rows of all tables in `text` by their first cell."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {first: rest for first, *rest in rows}
