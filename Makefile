# Overprint. `make demo` runs the whole shop, `make test` proves it; `make help` names the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help venv demo test test-long e2e check format lock
SHELL := /bin/sh

PORT ?= 8000
SANDBOX_PORT ?= 8001
DATA ?= .data
RESET ?=
K ?=
HEADED ?=
LONG ?=
E2E_BASE_URL ?=
E2E_SANDBOX_URL ?=
PYTHON ?= python3
UV ?= uv
WORKERS ?= auto
export PORT SANDBOX_PORT DATA PYTHON
ifneq ($(E2E_BASE_URL),)
export E2E_BASE_URL E2E_SANDBOX_URL
endif

PY := .venv/bin/python
PYTEST := $(PY) -m pytest
E2E := $(PYTEST) e2e $(if $(K),-k '$(K)') $(if $(HEADED),--headed --slowmo 400) \
	--screenshot only-on-failure --output test-results
# Recording makes a journey half as slow again: those that failed (five at most) run once more for it.
# Another code than 1 means that none failed: nothing was found under K, or pytest could not even start.
RECORD := { code=$$?; [ $$code != 5 ] || echo 'no journey is called that: see e2e/journeys' >&2; [ $$code = 1 ] || exit $$code; \
	$(PYTEST) e2e $(if $(K),-k '$(K)') --last-failed --last-failed-no-failures none --maxfail 5 --tb no --tracing on --screenshot on --video on --output test-results/again; \
	$(PY) -m e2e.artifacts; exit 1; }

help:
	@echo 'make demo        the shop, the sandbox, worker and database; Ctrl-C ends it'
	@echo '                 PORT=8000 SANDBOX_PORT=8001 DATA=.data RESET=1 (starts afresh)'
	@echo 'make test        unit, integration and browser journeys'
	@echo 'make test-long   the same with all seeds, both widths and long profiles'
	@echo 'make e2e         the journeys alone: K=name  HEADED=1  LONG=1 (both widths)  E2E_BASE_URL=http://localhost:8000 E2E_SANDBOX_URL=http://127.0.0.1:8001'
	@echo '                 the last two visit a demo that runs (same DATA, and RATE_SCALE=100000 for that demo)'
	@echo 'make check       style, types, import directions, templates, vendored files, lock'
	@echo 'make format      puts Python into shape'
	@echo 'make lock        resolves the dependencies anew (needs uv: UV=path)'

venv:
	@.ci/venv.sh

demo: venv
	@exec $(PY) -m store demo $(if $(RESET),--reset)

test: venv
	@chromium=$$($(PY) -m e2e.chromium) || exit 1; export E2E_CHROMIUM="$$chromium"; \
	$(PYTEST) tests -n $(WORKERS) --dist loadfile -m 'not long' && \
	{ $(E2E) -n $(WORKERS) --dist loadfile -m 'not long' || $(RECORD); }

test-long: venv
	@chromium=$$($(PY) -m e2e.chromium) || exit 1; export E2E_CHROMIUM="$$chromium" LONG=1; \
	$(PYTEST) tests -n $(WORKERS) --dist loadfile && { $(E2E) -n $(WORKERS) --dist loadfile || $(RECORD); }

e2e: venv
	@chromium=$$($(PY) -m e2e.chromium) || exit 1; export E2E_CHROMIUM="$$chromium"; \
	$(E2E) $(if $(LONG),,-m 'not long') $(if $(or $(HEADED),$(E2E_BASE_URL)),,-n $(WORKERS) --dist loadfile) || $(RECORD)

check: venv
	$(PY) .ci/lock.py check
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --quiet .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m djlint --quiet --lint templates store/sandbox
	$(PY) static/vendor/fetch.py --verify

format: venv
	$(PY) -m ruff check --fix --quiet .
	$(PY) -m ruff format .

lock:
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: install it, or give its path: make lock UV=/path/to/uv' >&2; exit 1; }
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group dev -o requirements.lock
	$(PYTHON) .ci/lock.py stamp
