# Everything a developer types.  The virtual environment is made on first use and brought up to date when
# pyproject.toml changes; nothing outside this folder is touched (but see tests/install_system.sh).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test soak bench lint format docs clean

help: ## Show this list
	@grep -E '^[a-z]+:.* ## ' $(MAKEFILE_LIST) | awk -F ':.* ## ' '{printf "  make %-8s %s\n", $$1, $$2}'

# Jupyter wants to be told when it runs as root, as it does in many containers.
lab: $(VENV)/.lab ## Start JupyterLab with this package installed
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

test: lint $(VENV)/.test ## Check the code and run all tests (ARGS="-k tree" runs some)
	tests/install_system.sh
	$(BIN)/pytest -n 2 $(ARGS)

soak: $(VENV)/.test ## Kill the command a few hundred times at random moments; takes long
	$(BIN)/pytest -n 2 -m soak $(ARGS)

bench: $(VENV)/.test ## Compare speed and memory with other tools on the same data
	$(BIN)/python tests/bench/run.py $(ARGS)
	$(BIN)/python tests/bench/serving.py $(if $(findstring --quick,$(ARGS)),--quick)

lint: $(VENV)/.lint ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.lint ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.docs ## Write the generated pages anew and build docs/_build/html
	$(BIN)/python docs/make_errors.py
	$(BIN)/python docs/make_cli.py
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

clean: ## Remove everything that make has made
	rm -rf $(VENV) .bench build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs ten times faster; pip does where uv is not to be had or cannot use pip's settings.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv || echo "uv is not available here; pip is used instead"

# One stamp for each extra of pyproject.toml.
$(VENV)/.%: pyproject.toml | $(BIN)/python
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[$*]' \
	  || $(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@
