# From a bare machine to a running course: `make lab`. `make help` lists the rest.

# The first Python on the PATH that the pinned packages serve; name another with PYTHON=/path/to/python3.12.
SERVES := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
  $$each -c '$(SERVES)' 2>/dev/null && { echo $$each; break; }; done)
# Linux without a GPU: the address of the CPU index that PyTorch's install page shows saves several GB.
TORCH_INDEX ?=
# What is installed beside the course itself; tests of what is missing are skipped, with the reason.
EXTRAS ?= dev
# Passed on, e.g. `make lab ARGS=--no-browser`, `make test ARGS="-k statistics"`.
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help lab test test-fast models exercises slides site guide answers bundle quiz-report lock clean

help:
	@echo "make lab        set up once, then open JupyterLab at the first lesson (ARGS=--no-browser on a server)"
	@echo "make test       set up once, then run all checks and tests"
	@echo "make test-fast  the same without notebooks, browser, models and whatever takes more than ten seconds"
	@echo "make exercises  write exercises/ from solutions/"
	@echo "make slides     write the decks to slides/_build"
	@echo "make site       write lessons, quizzes, decks, guide and glossary as pages to slides/_build/site"
	@echo "make guide      write the minutes and sums of slides/guide.md anew"
	@echo "make answers    write the answer key, for instructors, to slides/_build/answers"
	@echo "make bundle     one archive of course, packages, models and decks that installs without a network, to dist"
	@echo "make quiz-report  coverage of the quizzes by claim, kind and difficulty"
	@echo "make lock       write constraints.txt from what .venv holds now"
	@echo "make clean      remove .venv and build output (models, progress and the ledger stay)"

lab: models
	@$(BIN)/twolevers lab $(ARGS)

test: models
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(ARGS)

test-fast: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -m "not (notebook or browser or model or slow)" $(ARGS)

models: $(READY)
	@$(BIN)/twolevers models

exercises: $(READY)
	$(BIN)/twolevers exercises

slides: models
	$(BIN)/twolevers slides --out slides/_build

site: models
	$(BIN)/twolevers site --out slides/_build/site

guide: $(READY)
	@$(BIN)/python -m twolevers.publish.guide

answers: $(READY)
	@$(BIN)/python -m twolevers.publish.answer_key

bundle: slides
	@$(BIN)/python -m twolevers.publish.bundle --extra-index "$(TORCH_INDEX)"

quiz-report: $(READY)
	@$(BIN)/python -m twolevers.learn.quiz_report

# The stamp is written last, so an interrupted set-up is taken up again by the next run.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found: install one, or name it with" \
	  "PYTHON=/path/to/python3.12." >&2; exit 1; }
	@$(PYTHON) -c '$(SERVES)' 2>/dev/null || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: install one, or name it with" \
	  "PYTHON=/path/to/python3.12." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) \
	  || { echo "$(PYTHON) cannot make environments: on Debian and Ubuntu, apt install python3-venv." >&2; exit 1; }
	@test -z "$(TORCH_INDEX)" || $(BIN)/python -m pip install --no-deps --constraint constraints.txt \
	  --index-url "$(TORCH_INDEX)" torch
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable ".[$(EXTRAS)]"
	@touch $@

# To move a version: install it into .venv, run `make test`, then this. Lines for other systems are kept by hand.
lock: $(READY)
	@{ echo "# Exact versions for Python 3.11 to 3.13, written by \`make lock\`."; \
	  $(BIN)/python -m pip freeze --all --exclude-editable | sed -e '/^pip==/d' -e '/ @ /d' -e 's/+cpu$$//'; \
	  sed -n '/^# Only on/,$$p' constraints.txt; } > constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) build dist slides/_build src/*.egg-info
	find . -type d \( -name __pycache__ -o -name .pytest_cache -o -name .ruff_cache \) -prune -exec rm -rf {} +
