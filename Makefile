# Everything happens in a virtual environment of its own, so the system's Python is left alone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test docs journeys fuzz lint types check install clean

demo: install  ## install, then solve P1 with a learned policy beside its proven optimum
	$(BIN)/qmectk solve problems/p1.yaml --backend ugq

test: install  ## install, then run the test suite
	$(BIN)/python -m pytest -n 2 --dist worksteal

docs: install  ## install, then build the site into site/; what is broken or prints something else is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

journeys: install  ## follow the tutorials in environments of their own, from pip install to the last figure
	$(BIN)/python -m website.journeys

# CASES and JOBS: how many inputs, and how many processes try them
fuzz: install  ## install, then try 20 000 generated bad inputs
	$(BIN)/python -m tests.fuzz --cases $(or $(CASES),20000) --jobs $(or $(JOBS),1)

check: lint types test

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "qmectk needs Python 3.11 or newer; run: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,test]'
	@echo "compiling what problem P1 needs, once on this machine"
	@$(BIN)/qmectk warm-up p1 --backend exact --backend cd >/dev/null
	@touch $@

clean:
	rm -rf $(VENV) dist build site .pytest_cache .mypy_cache .ruff_cache
