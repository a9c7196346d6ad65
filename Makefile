# Set-up and the few commands a developer needs; each sets up what it needs first.
PYTHON ?= python3.11
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet --no-compile --constraint constraints.txt
# what the tests import, on all cores instead of pip's one; parts of packages that they never import are left out
COMPILE := $(VENV)/bin/python -m compileall -qq -j 0 -x '/(tests?|models)/' $(VENV)/lib
# more workers than cores: tests mostly wait for the servers and commands they start
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(8, 2 * os.cpu_count() + 1))')
SIDE_BY_SIDE = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
SOURCES := flows tasks storage deployments settings.py tests benchmarks

.PHONY: setup demo test check bench bench-predictions audit clean

setup: $(VENV)/.with-dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	-$(INSTALL) --upgrade pip  # that of Python 3.11 takes twice as long for the rest; it will do where there is no other

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.with-dev: $(VENV)/.base
	$(INSTALL) --editable '.[dev]'
	@touch $@

$(VENV)/.with-train: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable '.[dev,train,dev-train]'
	@$(COMPILE) >/dev/null || true  # some packages ship files for other Pythons
	@touch $(VENV)/.base $(VENV)/.with-dev $@

demo: $(VENV)/.base
	$(VENV)/bin/python -m deployments.demo

test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.with-train
	$(VENV)/bin/python -m pytest $(SIDE_BY_SIDE)

check: $(VENV)/.with-train
	$(VENV)/bin/ruff format --check $(SOURCES)
	$(VENV)/bin/ruff check $(SOURCES)
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pyright

bench: $(VENV)/.with-dev
	$(VENV)/bin/python -m benchmarks.evaluate_speed
	$(VENV)/bin/python -m benchmarks.start_up
	$(VENV)/bin/python -m benchmarks.run_memory
	$(VENV)/bin/python -m benchmarks.load_memory
	$(VENV)/bin/python -m benchmarks.fault_storm

bench-predictions: $(VENV)/.with-train
	$(VENV)/bin/python -m benchmarks.predictions_overhead

audit:
	PYTHON=$(PYTHON) .ci/audit

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache reports
