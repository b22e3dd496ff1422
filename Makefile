# What one does with this checkout; `make help` lists it. Each target first sees that the
# environment fits the locks, which takes no time when it does.
PYTHON_FOUND := $(shell PYTHON="$(PYTHON)" requirements/python.sh 2>/dev/null)
ENVIRONMENT  = requirements/environment.py
MATCHCAST    = .venv/bin/matchcast
BIN          = .venv/bin
COMPILE      = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
               --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
PYTEST       = $(BIN)/python -m pytest
UNITS        = tests/unit tests/api tests/stream tests/forecast
WHOLE        = tests/local tests/browser

.DEFAULT_GOAL := help
.PHONY: help up down status logs doctor dev test test-quick test-pythons lint format typecheck lock lock-kafka \
        bench build clean environment browser python

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# --- run ------------------------------------------------------------------------------------------

up: environment ## start the whole system; Ctrl-C ends it
	@exec $(MATCHCAST) up

down: environment ## end the system that runs, or what a killed one has left
	@$(MATCHCAST) down

status: environment ## show the parts that run, and how they are
	@$(MATCHCAST) status || true

logs: environment ## show the parts' last lines and follow them
	@exec $(MATCHCAST) logs --follow

doctor: environment ## check what the system needs of this machine
	@$(MATCHCAST) doctor

# --- develop --------------------------------------------------------------------------------------

dev: python ## make the environment with the tools for development
	@"$(PYTHON_FOUND)" $(ENVIRONMENT) dev

test-quick: lint typecheck ## lint, types, the order of the rooms, unit tests
	@$(PYTEST) -q tests/unit

test: lint typecheck browser ## everything, against the real things
	$(PYTEST) -n 2 --dist loadfile --durations=10 $(wildcard $(UNITS))
	$(PYTEST) --durations=10 $(wildcard $(WHOLE))
	@$(MAKE) --no-print-directory test-pythons

test-pythons: dev ## unit tests on every other Python here that Matchcast runs on
	@requirements/test_pythons.sh

lint: dev ## ruff, and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	@$(BIN)/pre-commit validate-config

format: dev ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck: dev ## mypy, strict
	$(BIN)/mypy

lock: python ## compile the locks from pyproject.toml; UPGRADE=--upgrade takes newer versions
	@set -e; tools=$$("$(PYTHON_FOUND)" $(ENVIRONMENT) build); PATH="$$tools/bin:$$PATH"; \
	$(COMPILE) --group build --output-file requirements/build.txt; \
	$(COMPILE) pyproject.toml --output-file requirements/app.txt; \
	$(COMPILE) pyproject.toml --group dev --group build --constraint requirements/app.txt --output-file requirements/dev.txt

lock-kafka: python ## resolve Kafka's jars anew from requirements/kafka.pom.xml (needs Maven)
	"$(PYTHON_FOUND)" requirements/lock_kafka.py

build: python ## build the wheel into dist/
	@set -e; tools=$$("$(PYTHON_FOUND)" $(ENVIRONMENT) build); \
	"$$tools/bin/python" -m hatchling build --target wheel

clean: ## remove what was built; keeps .matchcast (your matches) and the user's cache
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
	    src/matchcast/dashboard/static/vendor
	find src tests requirements -name __pycache__ -prune -exec rm -rf {} +

# --- what the others need -------------------------------------------------------------------------

environment: python
	@"$(PYTHON_FOUND)" $(ENVIRONMENT) app

python:
	@PYTHON="$(PYTHON)" requirements/python.sh >/dev/null

browser:
	@requirements/browser.sh
