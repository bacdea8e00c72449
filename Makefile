# Everything a developer types. Needs Python 3.11 or newer, make and a network; `make` alone lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

.PHONY: demo
demo: $(VENV)/runtime.stamp assets ## Run Careshare here, with a region of invented people
	@$(BIN)/careshare demo

.PHONY: demo-reset
demo-reset: ## Throw the demo's data away; the next `make demo` begins again
	@if [ -x $(BIN)/careshare ]; then $(BIN)/careshare demo --reset; else rm -rf var/postgres var/redis; fi

.PHONY: test
test: install node_modules/dev.stamp assets ## Run every test
	$(BIN)/pytest

.PHONY: check
check: install node_modules/dev.stamp ## Check format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	tools/node.sh node node_modules/pyright/index.js
	$(BIN)/lint-imports

.PHONY: bench
bench: install assets ## Run the benchmarks; results go to bench/results.json
	$(BIN)/python -m bench

.PHONY: format
format: install ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: install ## Remake the lock files from pyproject.toml (OPTIONS=--upgrade for newer versions)
	tools/lock.sh $(OPTIONS)

.PHONY: install
install: $(VENV)/dev.stamp ## Make the virtual environment with everything locked

.PHONY: assets
assets: var/assets.stamp ## Bring GOV.UK Frontend's styles, scripts, fonts and images to var/assets

# What is made once and again only when what it is made from has changed.

$(VENV)/runtime.stamp: requirements.lock pyproject.toml
	@$(PYTHON) tools/install.py runtime

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml
	@$(PYTHON) tools/install.py dev

node_modules/dev.stamp: package-lock.json $(VENV)/dev.stamp
	@echo "• Fetching pyright, axe-core and GOV.UK Frontend"
	@tools/node.sh npm ci --ignore-scripts --loglevel=error
	@touch $@

var/assets.stamp: package-lock.json tools/assets.py | $(VENV)/runtime.stamp
	@$(PYTHON) tools/assets.py
	@mkdir -p var && touch $@
