# make demo   a plan for the sample site in out/baishiyi
# make test   the tests        make check   format, lint, types, import contracts
# make serve  the service      make format  let ruff tidy up       make lock  renew the locks (needs uv)
#
# Python 3.11 or newer; another interpreter: make demo PYTHON=/path/to/python3.12

PYTHON ?= python3
UV ?= uv
SITE ?= geodata/baishiyi
OUT ?= out/baishiyi
PYTEST_ARGS ?= -n 2 --dist loadfile

# Paths stay relative, so that a checkout may lie under a folder with spaces.
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(UV) pip compile --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate

# A user's pip or Python settings must not redirect what goes into .venv; a mirror that they name still serves.
export PIP_USER := 0
export PIP_REQUIRE_VIRTUALENV := 0
unexport PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test check format serve lock clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^$$/q'

demo: .venv/.ready-to-run
	$(BIN)/parcelplan run "$(SITE)" --out "$(OUT)"

serve: .venv/.ready-to-run
	$(BIN)/parcelplan serve "$(SITE)"

test: .venv/.ready-to-develop
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: .venv/.ready-to-develop
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: .venv/.ready-to-develop
	$(BIN)/python -m ruff format
	$(BIN)/python -m ruff check --fix

# The development lock keeps every version that the runtime lock chose.
lock:
	$(LOCK) --upgrade -o requirements/runtime.lock requirements/runtime.in requirements/build.in
	$(LOCK) --upgrade -o requirements/dev.lock -c requirements/runtime.lock requirements/dev.in

clean:
	rm -rf out build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

# Set-up leaves a stamp behind each step and starts again where a lock is newer than its stamp.
.venv/.created:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "parcelplan needs Python 3.11 or newer, and '$(PYTHON)' is not; name one: make PYTHON=python3.11" >&2; \
	  exit 2; }
	"$(PYTHON)" -m venv .venv
	@touch $@

.venv/.runtime-lock: requirements/runtime.lock .venv/.created
	$(PIP) install --quiet --require-hashes -r requirements/runtime.lock
	@touch $@

.venv/.ready-to-run: pyproject.toml requirements/runtime.in .venv/.runtime-lock
	PIP_REQUIRE_HASHES=0 $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.ready-to-develop: requirements/dev.lock .venv/.ready-to-run
	$(PIP) install --quiet --require-hashes -r requirements/dev.lock
	@touch $@
