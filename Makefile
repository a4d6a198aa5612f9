# Monodesk from source. `make run` and `make test` need Python 3.11 or newer and nothing else done first.

PYTHON ?= python3
PORT ?= 8080
DATA ?= .demo
PART ?=
PYTHON_BUILD ?= own
LANES ?= 2
# Browsers, machines and kills wait a lot: more lanes than cores.
LANES_FULL ?= 3
VENV := .venv
BIN := $(VENV)/bin
WEB := app/web
.SHELLFLAGS := -euc
# Node out of requirements/node.txt, where the machine has none, is found here.
export PATH := $(CURDIR)/$(BIN):$(PATH)

WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.md' \
	-not -name '*.png' -not -name '*.py' 2>/dev/null) $(wildcard app/docs/*/*.md)

.PHONY: help run test test-all python-tests web-tests soak bench shots binary lint python-lint web-lint scan web lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run       the appliance with a demo shop on http://127.0.0.1:$(PORT)   (PORT=9000 for another)"
	@echo "make test      checks and tests, no special right, under 10 minutes"
	@echo "make test-all  make test, then browser journeys, the frozen file and faults (Linux, root, chromium)"
	@echo "make soak      the long ones, in parts; stopped, it goes on where it was   (PART=3 for one alone)"
	@echo "make bench     the figures of tests/bench/README.md"
	@echo "make shots     draws every screen into shots/   (ONLY=thread WIDTH=390 THEME=dark LANGUAGE=zh for fewer)"
	@echo "make binary    the one file: dist/monodesk (Linux, root, Debian's apt; PYTHON_BUILD=host: with the Python at hand)"
	@echo "make lock      pin requirements/*.in again, with hashes"
	@echo "make clean     remove what was built; the demo's data stays"

run: $(VENV)/run.stamp web
	exec $(BIN)/python -m app serve --demo --data $(DATA) --listen 127.0.0.1:$(PORT)

# What reads and what is built goes beside each other; then the tests, so many at once as there are lanes.
BESIDE := --jobs=$(LANES) --output-sync=target

test:
	$(MAKE) $(BESIDE) lint web-tests
	$(MAKE) python-tests

python-tests: $(VENV)/test.stamp web
	$(BIN)/python -m tests.tries --lanes $(LANES) -m "not full and not soak"

web-tests: web
	cd $(WEB) && npm test

lint: scan python-lint web-lint

python-lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy

web-lint: web
	cd $(WEB) && npm run check

# bandit, semgrep with the rules of this house, detect-secrets: in an environment of their own, see requirements/scan.in.
scan: $(VENV)/test.stamp $(VENV)/scan.stamp
	$(BIN)/python -m tests.scan

# The fast ones first, so that a plain mistake is known in minutes; the rest runs all the same: one run tells of all.
test-all:
	$(MAKE) $(BESIDE) lint web-tests binary
	fast=0; $(MAKE) python-tests || fast=$$?; \
	  $(BIN)/python -m tests.tries --lanes $(LANES_FULL) -m full --hypothesis-profile=full; exit $$fast

soak: $(VENV)/test.stamp web
	$(BIN)/python -m tests.soak $(if $(PART),--part $(PART))

bench: $(VENV)/test.stamp web
	for bench in $$(grep -l __main__ tests/bench/*.py | sort); do \
	  echo "== $$bench"; $(BIN)/python -m "$$(echo "$${bench%.py}" | tr / .)"; done

shots: $(VENV)/test.stamp web
	$(BIN)/python -m tests.shots

# Its own Python is built first (root, Debian's apt, minutes) and kept in ~/.cache/monodesk: see installer/bundle.
binary: $(VENV)/test.stamp web
	env -u MAKEFLAGS -u MFLAGS $(BIN)/python -m installer.bundle --python $(PYTHON_BUILD)

web: $(WEB)/dist/manifest.json

$(WEB)/dist/manifest.json: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	cd $(WEB) && npm run build
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json $(VENV)/node.stamp
	cd $(WEB) && npm ci
	@touch $@

# Python: the interpreter is asked for what Debian splits off before anything is made.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name another with: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make a virtual environment. Once: apt install python3-venv make"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp | $(VENV)/node.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/scan.stamp: requirements/scan.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(VENV)/scan
	$(VENV)/scan/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/scan.txt
	@touch $@

# One pip after the other: two at once in one environment are in each other's way.
$(VENV)/node.stamp: requirements/node.txt | $(VENV)/run.stamp
	@if command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null; \
	then echo "Node $$(node --version) of this machine"; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt; fi
	@touch $@

# No index address may get into a lock file; the last line fails if one did.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-emit-options --resolver=backtracking
lock: | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet pip-tools
	cd requirements && for name in run build test scan node bootloader; do \
	  $(CURDIR)/$(COMPILE) $(LOCK_FLAGS) --output-file $$name.txt $$name.in; done
	! grep -nE '://|--(index|extra-index|find-links|trusted)' requirements/*.txt

clean:
	rm -rf build dist $(WEB)/dist $(WEB)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
