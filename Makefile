PYTHON ?= python

.PHONY: dev lint test bench docs lock

dev:  ## everything to work on the project, the engine and Japanese morphology included
	CMAKE_ARGS=-DGGML_NATIVE=OFF $(PYTHON) -m pip install -e '.[dev,engine,ja]'

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
	$(PYTHON) -m advisor catalog lint
	$(PYTHON) -m advisor catalog coverage

test:
	$(PYTHON) -m coverage run -m pytest
	$(PYTHON) -m coverage report

bench:
	$(PYTHON) tests/bench/run.py
	$(PYTHON) tests/bench/pull.py
	$(PYTHON) tests/bench/header.py
	$(PYTHON) tests/bench/smoke.py
	$(PYTHON) tests/bench/politeness.py
	$(PYTHON) tests/bench/languages.py
	$(PYTHON) tests/bench/fertility.py
	$(PYTHON) tests/bench/viewpoint.py

docs:  ## rewrite what is generated
	$(PYTHON) tests/docs/generate.py

lock:  ## the newest versions that the ranges allow, for development and CI
	(head -1 requirements-dev.lock; $(PYTHON) -m pip freeze --exclude-editable --exclude local-model-advisor) > lock.new && mv lock.new requirements-dev.lock
