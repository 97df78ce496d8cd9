"""The views of the page, one folder each. `demo/steps.py` says in which step each is shown."""
