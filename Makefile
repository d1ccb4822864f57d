# make demo shows a demo, make test proves the template; make help lists the rest.
# The template gets a uv of its own unless there is one that runs and knows scripts.
OWN_UV = $(CURDIR)/.uv/bin/uv
UV := $(or $(UV),$(shell uv run --script --help >/dev/null 2>&1 && command -v uv),$(OWN_UV))
PYTHON = .venv/bin/python
# 3.12.0 to 3.12.2 complain when a program ends while it connects: they start no more threads by then (cpython#113964).
VERSIONS = >=3.11,!=3.12.0,!=3.12.1,!=3.12.2
ARGS ?=
NAME =
VERSION =
# What a feature's folder holds for the template alone; tools/features is a link to these folders.
OURS = $(wildcard tools/features/*/browser.py tools/features/*/twins.py)
export UV PRESET FRAMEWORK FEATURES
# Set for other programs: what pip and uv install, and where; which Python runs, and where it finds modules.
unexport PIP_CONSTRAINT PIP_NO_BINARY PIP_PREFIX PIP_PYTHON PIP_REQUIRE_HASHES PIP_ROOT
unexport PYTHONEXECUTABLE PYTHONHOME PYTHONSAFEPATH __PYVENV_LAUNCHER__
unexport UV_BUILD_CONSTRAINT UV_CONSTRAINT UV_ENV_FILE UV_PROJECT UV_PYTHON UV_WORKING_DIR

SEES_PACKAGES = .venv/bin/python -I -c 'import os, site; os.stat(site.getsitepackages()[0])'
STALE := $(shell $(SEES_PACKAGES) >/dev/null 2>&1 || echo stale)

.PHONY: stale help setup demo test test-fast lint bench feature generate screenshots lock release clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## Install what the template's own commands and tests need

.uv/bin/uv:
	@rm -rf .uv
	@python3 -m venv .uv || { echo "python3 has no venv module: install it (Debian: python3-venv), or install uv." >&2; exit 2; }
	@.uv/bin/python -m pip install --quiet --no-user --target .uv/uv uv
	@mv .uv/uv/bin/* .uv/bin

# Made anew as a whole if it was not finished, if its Python has gone, or if that is another version by now.
.venv/.ready: requirements.lock $(STALE) | $(if $(findstring $(OWN_UV),$(UV)),.uv/bin/uv)
	@rm -rf .venv
	@"$$UV" venv --quiet --python '$(VERSIONS)' .venv
	@"$$UV" pip sync --quiet --python .venv --require-hashes requirements.lock
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
	    [ ! -e "$$data" ] || "$$UV" run --quiet --script template/tools/cassandra.py wipe --dir "$$data" || exit; done
	rm -rf .venv .uv .work .pytest_cache .ruff_cache .mypy_cache
