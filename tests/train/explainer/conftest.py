"""The fixtures of the benchmarks' tests."""

from tests.train.benchmarks.conftest import model_file, threads

__all__ = ["model_file", "threads"]
