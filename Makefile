# Yingda (应答). `make up` starts the desk, `make test` runs every test; both set up what is missing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
PY := .venv/bin/python
SIDE_BY_SIDE := -n auto --dist loadfile

.PHONY: help install up train check test test-tools bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

install: .venv/.installed ## install the locked environment into .venv

.venv/.installed: uv.lock pyproject.toml
	@bash scripts/install.sh
	@touch $@

up: install ## set up, train if needed, start everything with sample data
	@exec .venv/bin/desk up

train: install ## train the model for the present data
	@.venv/bin/desk train

check: install ## fast checks: lint, types, import rules, unit tests (no TensorFlow)
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@$(PY) -m pytest -q $(SIDE_BY_SIDE) -m "not model and not browser and not system and not edge and not proof" tests

test-tools: ## install what only the tests need: Chromium, PostgreSQL, Redis
	@bash scripts/test-tools.sh

test: install test-tools ## every check and test
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -q $(SIDE_BY_SIDE) -m "(edge or proof) and not model and not browser and not system" tests
	@.venv/bin/desk train
	@$(PY) -m pytest -q -m "model or browser or system" tests

bench: install ## every benchmark, as a table of ratios
	@.venv/bin/desk train
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(PY) -m tests.bench.$$(basename $$bench .py); done

clean: ## remove environment, models and local data
	rm -rf .venv .tools var .rasa models/*.tar.gz models/*.json
