"""Serve the app as `python app.py` does, but let tab Test change fewer digits.

With all of them, the model with 49 patches computes for 40 seconds in each process that serves the tests.
"""

import runpy
from functools import partial

from demo.tabs.test import server
from train.evaluation.robustness import sample_digits

CHANGED = 100  # test digits whose changes are read

if __name__ == "__main__":
    server.sample_digits = partial(sample_digits, count=CHANGED)
    runpy.run_path("app.py", run_name="__main__")
