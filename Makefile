# `make book` and `make test` need Python 3.11 or later, make and git; they install the rest,
# `make book` what readers need, `make test` what developers need besides.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOPERS := $(VENV)/.developers
COMPILE := uv pip compile pyproject.toml --universal --fork-strategy fewest --python-version 3.11 \
    --no-header --no-emit-index-url --no-annotate --quiet

.PHONY: book test check clean distclean lock
.DELETE_ON_ERROR:

book: $(INSTALLED)
	$(BIN)/python -m digitrade build

test: $(DEVELOPERS)
	$(BIN)/python -m pytest

check: $(DEVELOPERS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf _build book/chapters runs

distclean: clean
	rm -rf $(VENV)

# For maintainers: resolves the versions anew; readers get the developers' versions. Needs uv.
lock:
	echo '# Every version the project was built and tested with. Made by `make lock`; do not edit by hand.' > requirements.lock
	$(COMPILE) --extra dev >> requirements.lock
	echo '# The versions of requirements.lock that the book needs. Made by `make lock`; do not edit by hand.' > requirements-book.lock
	$(COMPILE) --extra book --constraint requirements.lock >> requirements-book.lock

$(INSTALLED): requirements-book.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed, this is ' + sys.version.split()[0] + '. Name another: make book PYTHON=python3.12')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements-book.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(DEVELOPERS): $(INSTALLED) requirements.lock
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	touch $@
