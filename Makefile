# make demo   the main job on the terminal, artefacts left in build/demo
# make demo-web  a small world in a browser, until Ctrl+C
# make fuzz   every parser, guided by coverage, SECONDS=600 each; finds are kept
# make test   lint, types and tests, those with real parts (pcscd, OpenSC, OpenSSL, PostgreSQL ...) too
# make test-long   what takes minutes each: two hundred kill -9, a month of a thousand people, fuzzing
PYTHON ?= python3
VENV ?= .venv
OUT ?= build/demo
SEED ?= jpki-demo
JOBS ?= auto
SECONDS ?= 600
TARGETS ?= all

BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=$(CURDIR)/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

.DEFAULT_GOAL := help
.PHONY: help demo demo-web test test-long test-quick bench bench-full bench-packages fuzz lint \
	system-packages clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.demo ## Play the main job: card, signature, verdict, move, revoked and why
	@$(BIN)/jpki-sim demo --seed '$(SEED)' --out '$(OUT)'

demo-web: $(VENV)/.demo ## Play in a browser: a small world, served on this machine only
	@$(BIN)/jpki-sim demo-web --seed '$(SEED)'

test: system-packages $(VENV)/.test ## Run the checks, with real parts (installs Debian packages when it may)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m 'not long'

test-long: system-packages $(VENV)/.engines ## Run the checks that take minutes each; .ci/run does after make test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m long

# The heart of it: rules, lives, certificates, revocation data, verdicts, and the shape of the tree.
QUICK := law life stories certificates cms contract matching revocation trust validation \
	test_architecture.py test_clock.py test_public_names.py

test-quick: $(VENV)/.quick ## Run the checks of rules and verdicts, in under a minute; no system package
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m 'not system and not long' \
		$(addprefix tests/,$(QUICK)) --deselect tests/life/test_property_lives.py

bench: $(VENV)/.bench ## Measure speed in under ten minutes; results in build/bench (benchmarks/README.md)
	@$(BIN)/python -m benchmarks --rounds 5 --minutes 6 --date "$$(date -u +%F)" --out build/bench

bench-full: bench-packages $(VENV)/.bench $(VENV)/.engines ## Measure all sizes beside all peers, within MINUTES if given; page in benchmarks/results
	@$(BIN)/python -m benchmarks --full --rounds 5 --date "$$(date -u +%F)" --out benchmarks/results \
		$(if $(MINUTES),--minutes $(MINUTES))

bench-packages:
	@.ci/debian-packages .ci/packages-bench.txt

fuzz: $(VENV)/.quick ## Fuzz every parser for SECONDS each, or those in TARGETS; keep what is found
	@$(BIN)/python -m tests.fuzz $(TARGETS) --seconds $(SECONDS) --keep

lint: $(VENV)/.quick ## Check style and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

system-packages:
	@.ci/debian-packages .ci/packages-test.txt

# Debian's python3 comes without ensurepip unless python3-venv is installed.
$(BIN)/python:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/debian-packages .ci/packages-venv.txt
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[cli,simulator,pdf]'
	@touch $@

$(VENV)/.quick: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[bench]'
	@touch $@ $(VENV)/.demo

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev,pcsc]'
	@touch $@ $(VENV)/.demo $(VENV)/.quick

# Ray and Spark are half a gigabyte, and Spark runs in Java: only long tests and benchmarks use them.
$(VENV)/.engines: pyproject.toml constraints.txt .ci/packages-long.txt | $(BIN)/python
	@.ci/debian-packages .ci/packages-long.txt
	$(PIP) --editable '.[dev,pcsc,engines]'
	@touch $@ $(VENV)/.demo $(VENV)/.quick $(VENV)/.test

clean: ## Remove what was made, the virtual environment included
	rm -rf build $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
