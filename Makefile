# Needs python3 (3.11 or newer) and make; everything else goes into .venv on first use.
PYTHON = python3 scripts/bootstrap.py && .venv/bin/python

.PHONY: help demo demo-check test test-all mutants chaos workers bench docs audit lint types format lock postgres build clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14
demo: ## the example site with its simulated gateways, in the browser
	@$(PYTHON) -m example.demo $(ARGS)
demo-check: ## walk through the demo without a person; compare every row and every charge
	@$(PYTHON) -m example.demo_check $(ARGS)
test: ## the quick suite on SQLite and PostgreSQL; ARGS=--whole for all, ARGS="tests/test_x.py -k name" for some
	@$(PYTHON) -m scripts.test $(ARGS)
test-all: ## the suite on every supported Python and Django that is installed
	@$(PYTHON) -m tox run $(ARGS)
mutants: ## break the code on purpose, patch by patch, and demand that its test fails
	@$(PYTHON) -m scripts.mutants $(ARGS)
chaos: ## live histories in which everything goes wrong; N=2000 of them, ARGS="--seed 17" for one
	@$(PYTHON) -m tests.chaos $(N) $(ARGS)
workers: ## notices on PostgreSQL while the workers are killed: nothing lost, nothing twice; N=10000 of them
	@$(PYTHON) -m tests.workers $(N) $(ARGS)
audit: ## known weaknesses of the pinned dependencies; says so where nobody could be asked
	@$(PYTHON) -m scripts.audit $(ARGS)
bench: ## what it costs, in ratios, on PostgreSQL under gunicorn; ARGS="store lists --json PATH" for some
	@$(PYTHON) -m benchmarks $(ARGS)
docs: ## the site of docs/, into build/docs; what Sphinx warns of is an error
	@$(PYTHON) -m sphinx -W --keep-going -q -E -a -b html -d build/doctrees docs build/docs $(ARGS)
lint: ## style
	@$(PYTHON) -m ruff check . && .venv/bin/python -m ruff format --check .
types: ## mypy, strict
	@$(PYTHON) -m mypy $(ARGS)
format: ## let ruff write what it can
	@$(PYTHON) -m ruff check --fix . ; .venv/bin/python -m ruff format .
lock: ## pin requirements/dev.txt anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-annotate --extra postgres --extra stripe --extra simulators --extra celery --group dev --custom-compile-command "make lock" pyproject.toml requirements/dev.in -o requirements/dev.txt
postgres: ## a PostgreSQL server until Ctrl-C; prints its DATABASE_URL
	@$(PYTHON) -m scripts.postgres
build: ## wheel and sdist into dist/
	@$(PYTHON) -m build
clean: ## forget .venv and every cache
	rm -rf .venv .tox .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
