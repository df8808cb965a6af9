.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PLUGINS := $(dir $(wildcard plugins/*/*/pyproject.toml))
EDITABLE := -e . $(addprefix -e ,$(PLUGINS))
SEEDS ?= 200
# one more than there are cores: tests of processes wait for them most of the time
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: help demo test check bench simulate prove clean

help: ## show what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/run: requirements/run.txt pyproject.toml $(addsuffix pyproject.toml,$(PLUGINS))
	@echo "Setting up .venv" >&2
	@$(PYTHON) -m venv .venv >&2
	@$(INSTALL) -r requirements/run.txt >&2
	@$(INSTALL) --no-deps --no-build-isolation $(EDITABLE) >&2
	@touch $@

.venv/test: .venv/run requirements/test.txt
	$(INSTALL) -r requirements/test.txt
	@touch $@

.venv/bench: .venv/test requirements/bench.txt
	$(INSTALL) -r requirements/bench.txt
	@touch $@

demo: .venv/run ## a sample shop's orders into a ledger, then the dashboard until Ctrl-C (ARGS="--once --json --dir D")
	@$(BIN)/boekbrug demo $(ARGS)

test: .venv/test ## all tests
	$(BIN)/python -m pytest -n $(WORKERS) -m "not prove" $(ARGS)

prove: .venv/test ## the long proofs beside the tests: 10,000 seeds, all deaths and interleavings, mutants, 20 kills, three nodes
	@for first in 1 1001 2001 3001 4001 5001 6001 7001 8001 9001; do \
		$(BIN)/python -m boekbrug.testing.simulation --first $$first --seeds 1000 --coverage || exit 1; done
	$(BIN)/python -m pytest -n $(WORKERS) -m prove $(ARGS)
	$(BIN)/python -m tests.simulation.mutants --seconds 60
	BOEKBRUG_TEST_KILLS=20 BOEKBRUG_TEST_SHOPS=200 $(BIN)/python -m pytest tests/process

check: .venv/test ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@for plugin in $(PLUGINS); do echo "mypy $$plugin"; MYPYPATH=$$plugin $(BIN)/mypy --config-file pyproject.toml $$plugin || exit 1; done
	$(BIN)/lint-imports

bench: .venv/bench ## speed as ratios to a floor and a peer (FLOOR=path for another floor)
	$(BIN)/python -m bench.run $(if $(FLOOR),--floor $(FLOOR)) $(ARGS)

simulate: .venv/test ## the engine in a world that misbehaves (SEEDS=n, ARGS="--first K --trace")
	@$(BIN)/python -m boekbrug.testing.simulation --seeds $(SEEDS) $(ARGS)

clean: ## remove what make built
	rm -rf .venv bench/out
