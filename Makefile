# `make check` and `make test` need Python >= 3.11, git and make; everything else comes from PyPI, by hash.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the Task Pods run, exactly: images/airflow/requirements.lock and what its tests add.
DAGS := .cache/dags
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: check
check: $(VENV)/.run ## render dev and prod as Argo CD would and report what would break
	@$(BIN)/presync check

.PHONY: test
test: $(VENV)/.dev $(DAGS)/.done ## everything CI runs: linters, types, tests, generated files
	@$(BIN)/python tools/run_tests.py

.PHONY: lint
lint: $(VENV)/.dev ## the linters alone
	@$(BIN)/python tools/run_tests.py --lint

.PHONY: generate
generate: $(VENV)/.dev ## write docs/rules.md, docs/settings.md and the tables in the charts' READMEs again
	@$(BIN)/python tools/generate.py

.PHONY: mutations
mutations: $(VENV)/.dev ## break this tree in many small ways and see that presync names each (part of make test)
	@$(BIN)/python -m pytest -c tools/pyproject.toml -n 2 -q tools/tests/mutations

.PHONY: page
page: $(VENV)/.dev ## the page of presync diff in a browser: keys, filter, links, accessibility (needs chromium; npm for axe)
	@$(BIN)/python tools/fetch_axe.py
	@$(BIN)/python -m pytest -c tools/pyproject.toml -rs tools/tests/report

.PHONY: bench
bench: $(VENV)/.run ## time apps, render and check on this tree and on generated ones
	@$(BIN)/python tools/bench/bench.py

.PHONY: controlplane
controlplane: $(VENV)/.dev ## build the real Argo CD and its API server from Go modules (needs Go; once, about 20 minutes)
	@cd tools && ../$(BIN)/python -m controlplane build

.PHONY: monitoring
monitoring: $(VENV)/.dev ## build the real prometheus-operator and kube-state-metrics (needs make controlplane)
	@cd tools && ../$(BIN)/python -m monitoring build

.PHONY: gatekeeper
gatekeeper: $(VENV)/.dev ## build the real Gatekeeper (needs Go; once, minutes) and ask it about every policy and object
	@cd tools && ../$(BIN)/python -m gatekeeper build
	@$(BIN)/python -m pytest -c tools/pyproject.toml -rs tools/tests/gatekeeper tools/tests/policy/test_gator.py

.PHONY: lock
lock: $(VENV)/.dev ## resolve tools/*.in into hash-locked files again
	@$(BIN)/python tools/lock.py

.PHONY: clean
clean: ## remove the environment and the caches
	rm -rf $(VENV) .cache

# Installing into a fresh folder first would double the time; instead the stamp is written last, so that an interrupted
# installation is repeated.
$(VENV)/.run: tools/requirements.lock tools/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "presync needs Python 3.11 or newer; set PYTHON=/path/to/python3.x" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing presync into $(VENV) (once) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e tools
	@touch $@

$(VENV)/.dev: $(VENV)/.run tools/requirements-dev.lock
	@echo "installing the test tools into $(VENV) (once) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/requirements-dev.lock
	@touch $@

$(DAGS)/.done: images/airflow/requirements-test.lock | $(VENV)/.dev
	@echo "installing Airflow and the tests of dags/ into $(DAGS) (once) ..." >&2
	@test -x $(DAGS)/bin/python || $(PYTHON) -m venv $(DAGS)
	@$(BIN)/uv pip install --quiet --python $(DAGS)/bin/python --require-hashes -r images/airflow/requirements-test.lock
	@touch $@

.PHONY: parity
parity: $(VENV)/.dev ## compare presync with the real Argo CD: the recorded cases again, and this tree (needs make controlplane)
	@cd tools && ../$(BIN)/python -m parity compare && ../$(BIN)/python -m parity compare --tree ..
