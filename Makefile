PYTHON := .venv/bin/python
HTML = $(shell find templates -name '*.html')

# Each measurement is a script of the same name in bench/.
BENCHES := bench-validate bench-ingest bench-keys bench-limits bench-ledger bench-explorer bench-close bench-exports

.PHONY: run test lint bench $(BENCHES) locks clean

run:
	@sh .ci/venv requirements-embedded.lock
	@$(PYTHON) manage.py up --with-parent

test:
	@sh .ci/venv requirements-dev.lock
	$(PYTHON) -m pytest -n auto --dist loadgroup $(ARGS)

lint:
	@sh .ci/venv requirements-dev.lock
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	.venv/bin/djade --check --target-version 5.2 $(HTML)
	$(PYTHON) .venv/bin/lint-imports
	AXIS_VAR=var/lint $(PYTHON) -m mypy
	AXIS_VAR=var/lint $(PYTHON) manage.py makemigrations --check --dry-run
	sh .ci/check-deploy

bench: bench-validate bench-ingest bench-keys bench-limits bench-explorer bench-close

$(BENCHES): bench-%:
	@sh .ci/venv requirements-dev.lock
	$(PYTHON) bench/$*.py

# The three lock files, for all platforms, from the ranges in pyproject.toml. The larger one rules the smaller ones' versions.
COMPILE = $(PYTHON) -m uv pip compile --quiet --universal --generate-hashes --no-header \
	--no-annotate --python-version 3.11 pyproject.toml

locks:
	@sh .ci/venv requirements-dev.lock
	$(COMPILE) --extra embedded --extra dev --output-file requirements-dev.lock
	$(COMPILE) --extra embedded --constraint requirements-dev.lock --output-file requirements-embedded.lock
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock

# Everything that can be made again. The data in var/ cannot, so it stays.
clean:
	rm -rf .venv .venv.lock staticfiles var/lint .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
