# `make` lists the commands. Each one first brings .venv to what a hashed lock says; nothing else is needed but Python.
PYTHON ?= python3
RUN := .venv/bin/python -m
SCRIPT := .venv/bin/python .venv/bin/
WORKERS ?= 3 # of the tests, which wait a third of their time: for two processors
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset serve test drill bench check lint types contracts format lock runtime dev

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

demo: runtime ## the whole service with demonstration data, on 127.0.0.1:8000
	@$(RUN) app demo

demo-reset: runtime ## forget the demonstration's data and start it over
	@$(RUN) app demo-reset

serve: runtime ## only the server, as the settings say (docs/operations.md)
	@$(RUN) app serve

test: dev ## every test, with its own database; ARGS="tests/core -x" for some
	@$(RUN) pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

drill: dev ## the same at the sizes that the issues name (slow)
	@$(RUN) pytest -m drill $(ARGS)

bench: dev ## import→publish against its ceiling (benchmarks/README.md has the others)
	@$(RUN) benchmarks.publish $(ARGS)

check: lint types contracts test ## what CI demands

lint: dev ## style, formatting, rules of the house, packages, container files
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) tools.lint
	@$(RUN) deptry app migrations
	@.venv/bin/hadolint Dockerfile
	@$(RUN) check_jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml

types: dev ## mypy, strict
	@$(RUN) mypy

contracts: dev ## which package may import which
	@$(SCRIPT)lint-imports --no-cache

format: dev ## format and mend what can be mended by machine
	@$(RUN) ruff format
	@$(RUN) ruff check --fix

lock: dev ## write both locks again from pyproject.toml; UPGRADE=--upgrade for newer versions
	@for lock in requirements requirements-dev; do \
	  extra=$$([ $$lock = requirements ] || echo --extra=dev); \
	  .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(UPGRADE) \
	    $$extra pyproject.toml --output-file $$lock.lock || exit 1; done

runtime dev: python
runtime:
	@$(PYTHON) tools/environment.py requirements.lock
dev:
	@$(PYTHON) tools/environment.py requirements-dev.lock

.PHONY: python
python:
	@command -v $(PYTHON) >/dev/null || { echo "Falta Python 3.11 o posterior (en Debian y Ubuntu: apt install python3 python3-venv)."; exit 1; }
