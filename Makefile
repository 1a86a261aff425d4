# make test, make demo: do all their own set-up. Needs Python >= 3.10 and pip's access to packages.
#   STACK=default|full|onedl   versions to use, requirements/$(STACK).txt
#   PYTHON3=python3.12         the Python to build the environment with
#   PIP_ARGS=...               more arguments for pip install, e.g. for a smaller torch without CUDA:
#                              PIP_ARGS='--extra-index-url https://download.pytorch.org/whl/cpu'
#   JOBS=2                     processes for the tests, each of up to 4 GB of memory; one per core by default, at most 4
STACK ?= default
VENV ?= $(if $(filter default,$(STACK)),.venv,.venv-$(STACK))
PYTHON3 ?= $(shell for p in python3.11 python3 python3.12 python3.10 python3.13; do \
    $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
PIP_ARGS ?=
JOBS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)
RUNTIME = $(VENV)/runtime-$(STACK)
STAMP = $(VENV)/installed-$(STACK)

# The operators of full mmcv are compiled against the torch of the environment.
FLAGS_full = --no-build-isolation
BUILD_full = ninja psutil

export OMP_NUM_THREADS ?= 1

.PHONY: help env test test-fast lint docs demo smoke clean
help:
	@echo 'make test | test-fast | lint | docs | demo | smoke | env | clean   (STACK=default|full|onedl)'

env: $(STAMP)

# What running needs, without what tests need: a demo waits for less.
$(RUNTIME): requirements/$(STACK).txt requirements/report.txt pyproject.toml
	@test -n "$(PYTHON3)" || { echo 'make: no Python >= 3.10 with venv and ensurepip found.' \
	    'Install one (Debian, Ubuntu: apt install python3 python3-venv) or name it: make PYTHON3=/path/to/python3' >&2; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON3), stack $(STACK) ..."
	$(PYTHON3) -m venv $(VENV)
	$(PIP) 'setuptools<81' wheel $(BUILD_$(STACK))
	$(PIP) $(shell grep '^torch==' requirements/$(STACK).txt)
	MMCV_WITH_OPS=1 $(PIP) $(FLAGS_$(STACK)) -r requirements/$(STACK).txt
	$(PIP) -r requirements/report.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP): $(RUNTIME) requirements/tests.txt
	$(PIP) -r requirements/tests.txt
	@touch $@

PYTEST = $(VENV)/bin/python -m pytest -q -n $(JOBS) --dist loadgroup --no-loadscope-reorder

test: lint
	$(PYTEST) tests

# Without whole runs and the comparison with recorded values.
test-fast: lint
	$(PYTEST) -m 'not integration' --ignore tests/parity --ignore tests/integration tests

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/hadolint docker/Dockerfile

docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet
	@echo 'build/site/index.html'

$(VENV)/docs: $(STAMP) requirements/docs.txt
	$(PIP) -r requirements/docs.txt
	@touch $@

demo: export OMP_NUM_THREADS = 2
demo: $(RUNTIME)
	$(VENV)/bin/python tools/demo.py

smoke: $(STAMP)
	$(PYTEST) -m smoke tests/test_configs.py tests/integration

clean:
	rm -rf .venv .venv-full .venv-onedl build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
