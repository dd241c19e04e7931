# Each target sets up by itself; nothing is assumed but Python 3.11 or later, make and git.
PYTHON ?= python3
VENV := .venv
OUTSIDE := .venv-outside
# Processes of the tests; each has a PostgreSQL, a Redis and a RabbitMQ of its own. Those of tests/system run many
# processes themselves and come behind the others.
SIDE_BY_SIDE ?= 2
BIN := $(VENV)/bin
FUZZ_SECONDS ?= 3600
.DEFAULT_GOAL := help
.PHONY: help setup demo test soak test-outside test-compose check fuzz bench screenshots up lock

help:
	@echo "make demo   the whole product on this machine, with sample mail"
	@echo "make test   every check and test"
	@echo "make soak   tests/system at their whole size: a thousand mails, two hundred mailboxes"
	@echo "make test-outside  clients that others wrote drive the sandbox; part of make test"
	@echo "make test-compose  the stack in containers, killed and restarted (needs docker compose)"
	@echo "make fuzz   coverage-guided fuzzing of the parser, FUZZ_SECONDS=3600"
	@echo "make check  format, lint, types, import rules"
	@echo "make setup  .venv with everything pinned"
	@echo "make bench  mails per second, share of each stage"
	@echo "make screenshots  pictures of every page into docs/screenshots"
	@echo "make up     the stack in containers (compose.yaml)"

setup: $(VENV)/.ready

$(VENV)/.ready: requirements/dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Postroom needs Python 3.11 or later; call make with PYTHON=...") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/postroom demo

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check test-outside
	PATH="$(CURDIR)/$(BIN):$$PATH" bash tests/servers.sh
	$(BIN)/pytest -n $(SIDE_BY_SIDE) --dist loadfile --durations 10 --ignore=tests/system
	$(BIN)/pytest -n $(SIDE_BY_SIDE) --dist loadfile --durations 10 tests/system

soak: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" bash tests/servers.sh
	POSTROOM_TEST_SIZE=whole $(BIN)/pytest -n $(SIDE_BY_SIDE) --dist loadfile --durations 10 tests/system

test-outside: setup $(OUTSIDE)/.ready
	$(OUTSIDE)/bin/python -m pytest -c tests/outside/pytest.ini --rootdir tests/outside tests/outside

$(OUTSIDE)/.ready: requirements/outside.lock
	test -x $(OUTSIDE)/bin/python || $(PYTHON) -m venv $(OUTSIDE)
	$(OUTSIDE)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	touch $@

test-compose: setup
	$(BIN)/pytest -m compose tests/compose

# What was found before stands in .fuzz/corpus and is tried again; each kind of finding stands in .fuzz/findings.
fuzz: setup
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/fuzz.lock
	rm -rf .fuzz/findings && mkdir -p .fuzz/corpus .fuzz/findings
	nice -n 19 $(BIN)/python -m tests.fuzz.parser_fuzz .fuzz/findings -max_total_time=$(FUZZ_SECONDS) -max_len=20000 \
		-timeout=120 -rss_limit_mb=2048 -dict=tests/fuzz/mail.dict -artifact_prefix=.fuzz/findings/ -print_final_stats=1 \
		.fuzz/corpus tests/mail
	test -z "$$(ls .fuzz/findings)"

bench: setup
	$(BIN)/python bench/pipeline.py

screenshots: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" bash tests/servers.sh
	$(BIN)/python -m tests.walk.journeys.screenshots

up:
	docker compose up -d --build --wait

lock: setup
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -q pyproject.toml -o requirements/base.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -q --extra dev pyproject.toml -c requirements/base.lock -o requirements/dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -q requirements/outside.in -o requirements/outside.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -q requirements/fuzz.in -o requirements/fuzz.lock
