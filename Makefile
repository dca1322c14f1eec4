# make run          the demo city on the screen, or as a picture where there is no display
# make test         everything that must hold: style, types, tests
# make lint         style and types alone
# make screenshots  the pictures in docs/images, made by the program itself
# make validation   docs/validation.md: every analysis against independent sources
# make fuzz         thousands of damaged files for every reader (long; FUZZ="--each 500 citygml" for some)
# make formats-table  docs/formats.md: what became of every real file there is
# make bench        the figures in benchmarks/, as ratios against named peers
#
# All of them first make .venv with the locked dependencies (installer/prepare.py).

PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: run test lint screenshots validation fuzz formats-table bench ready-to-run ready-to-test clean

run: ready-to-run
	@$(BIN)/citystrata demo

test: lint
	$(BIN)/pytest -n 2

lint: ready-to-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

screenshots: ready-to-test
	$(BIN)/python -m docs.screenshots

validation: ready-to-test
	$(BIN)/python -m docs.validation

fuzz: ready-to-test
	$(BIN)/python -m tests.fuzz $(FUZZ)

formats-table: ready-to-test
	$(BIN)/python -m docs.formats

bench: ready-to-test
	$(BIN)/pip --disable-pip-version-check install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python -m benchmarks

ready-to-run ready-to-test: ready-to-%:
	@test -n "$(PYTHON)" || { echo "Citystrata needs Python 3.11 or newer; none was found. Install python3."; exit 1; }
	@$(PYTHON) installer/prepare.py $*

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
