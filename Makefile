# make demo shows a demo, make test proves the template; make help lists the rest.
UV ?= $(shell command -v uv || echo $(CURDIR)/.uv/bin/uv)
PYTHON = .venv/bin/python
PRESET ?= ttl-sessions
ARGS ?=
NAME =
VERSION =
# What a feature's folder holds for the template alone; tools/features is a link to these folders.
OURS = $(wildcard tools/features/*/browser.py tools/features/*/twins.py)
export UV PRESET FRAMEWORK FEATURES

.PHONY: help setup demo test test-fast lint bench feature generate screenshots lock release clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: .venv/.ready ## Install what the template's own commands and tests need

$(CURDIR)/.uv/bin/uv:
	@python3 -m venv .uv || { echo "python3 has no venv module: install it (Debian: python3-venv), or install uv." >&2; exit 2; }
	@.uv/bin/python -m pip install --quiet uv

.venv/.ready: requirements.lock | $(filter $(CURDIR)/%,$(UV))
	@$(UV) venv --quiet --allow-existing --python '>=3.11' .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes requirements.lock
	@touch $@

demo: setup ## Render a demo and run it: PRESET=name, or FRAMEWORK=flask FEATURES=ttl,lwt
	@folder=$$($(PYTHON) -m tools.demo) && $(MAKE) --no-print-directory -C "$$folder" run

# Tests that share a server or a rendered project run in one process, and what takes longest begins first.
DISTRIBUTED = --dist loadgroup --no-loadscope-reorder

# Three processes for two cores: many tests wait for a database to fail or for a page to refresh.
test: setup ## Run every test; a real database, a real browser
	@$(PYTHON) -m pytest --numprocesses 3 $(DISTRIBUTED) $(ARGS)

test-fast: setup ## Run the tests that need neither database nor browser
	@$(PYTHON) -m pytest --numprocesses 2 $(DISTRIBUTED) -m "not slow and not cluster" $(ARGS)

lint: setup ## Check style and types, also of what is rendered
	@$(PYTHON) -m ruff check . $(OURS)
	@$(PYTHON) -m ruff format --check . $(OURS)
	@$(PYTHON) -m mypy tools tests template/tools $(OURS)
	@$(PYTHON) -m tools.sources

bench: setup ## Measure against the bare driver: FRAMEWORK=flask FEATURES=ttl,lwt; ARGS=million ROWS=100000
	@$(PYTHON) -m tools.bench $(ARGS)

feature: setup ## Add a feature, ready to be made yours: NAME=guestbook
	@$(PYTHON) -m tools.feature '$(NAME)'
	@$(MAKE) --no-print-directory lock generate

generate: setup ## Render every preset into generated/
	@$(PYTHON) -m tools.generate

screenshots: setup ## Photograph presets into docs/screenshots/: all, or ARGS="name name"
	@$(PYTHON) -m tools.screenshots $(ARGS)

lock: setup ## Renew the locks; ARGS=--upgrade takes the newest versions
	@$(PYTHON) -m tools.lock $(ARGS)

release: setup ## Write a version and its changes down, for CI to tag: VERSION=0.2.0
	@$(PYTHON) -m tools.release '$(VERSION)'

clean: ## Stop the databases in .work, and remove what make made
	@for data in .work/demo/*/.cassandra .work/tests/cassandra; do \
	    [ ! -e "$$data" ] || "$(UV)" run --quiet --script template/tools/cassandra.py wipe --dir "$$data" || exit; done
	rm -rf .venv .uv .work .pytest_cache .ruff_cache .mypy_cache
