SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Every task is a Python process of its own: compiled once, a module need not be compiled by each (a digest takes 3 s instead of 7).
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup lock demo test tests-without-servers tests-with-servers test-fast test-kills test-fuzz test-slack-soak test-containers test-browser lint types benchmark-pings benchmark-reach benchmark-years benchmark-page benchmark-scoring benchmark-decisions evaluate-scoring evaluate-rollouts \
        code-archive page screenshots stack-start stack-status stack-stop clean

PYTHON := .venv/bin/python
UV_VERSION := 0.13.9
READY := .venv/.ready
FAST := "not spark and not services and not browser and not races and not long"

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-22s %s\n", $$1, $$2}'

setup: $(READY)  ## make .venv with every package, as locked; nothing else is installed
	@local/stack/check_machine.sh

$(READY): requirements.txt local/stack/check_machine.sh
	@local/stack/check_machine.sh python
	@test -x $(PYTHON) || { echo "making .venv"; python3.11 -m venv .venv; }
	@.venv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@echo "installing the packages of requirements.txt into .venv"
	@.venv/bin/uv pip sync --quiet --python $(PYTHON) --require-hashes requirements.txt
	@touch $@

LOCK = .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links
lock: $(READY)  ## resolve requirements.in into requirements.txt, and each layer into its own file, with hashes
	$(LOCK) requirements.in -o requirements.txt
	cd requirements && for layers in executor "executor runtime" "executor runtime local"; do \
	  ../$(LOCK) --constraint ../requirements.txt $$(printf '%s.in ' $$layers) -o "$${layers##* }.txt"; done

demo: setup  ## simulate five weeks of pings, find the bad release, show the digest (about 5 minutes; PRODUCT=harbor or glean; WORLD=experiment: an experiment is bad, not the release)
	@$(PYTHON) -m local.run_demo

# Tests of the rooms use a product of their own (tests/kestrel.py); those of Firefox, and of what is documented for it, need PRODUCT=firefox.
# Those with servers mostly wait for them: they run beside the others, and show what they said when they are done.
test: lint types  ## lint, types and every test but the browser's (under 20 minutes)
	@$(MAKE) --no-print-directory --keep-going --jobs 2 tests-without-servers tests-with-servers

tests-without-servers: setup  ## of `make test`: what starts no server
	$(PYTHON) -m pytest -n 2 --dist loadscope -m "not services and not browser"

WITH_SERVERS := .local/tests_with_servers.log
tests-with-servers: setup  ## of `make test`: Airflow, PostgreSQL, S3, a cluster, and what is documented for Firefox
	@mkdir -p -m 700 $(dir $(WITH_SERVERS)); status=0; \
	PRODUCT=firefox $(PYTHON) -m pytest -m "not browser" tests/firefox tests/end_to_end > $(WITH_SERVERS) 2>&1 || status=1; \
	$(PYTHON) -m pytest -m "services and not browser" >> $(WITH_SERVERS) 2>&1 || status=1; \
	cat $(WITH_SERVERS); exit $$status

test-fast: setup  ## the tests without Spark, servers, racing processes and long cases (two to three minutes)
	$(PYTHON) -m pytest -n 2 --dist loadscope -m $(FAST)
	PRODUCT=firefox $(PYTHON) -m pytest -m $(FAST) tests/firefox

test-kills: setup  ## a thousand publishers and entry points that die; about half an hour (KILLS=..., KILLS_SEED=...)
	KILLS=$${KILLS:-1000} $(PYTHON) -m pytest -s tests/tables/test_kills.py

test-fuzz: setup  ## a million lines of damaged pings through the reader (FUZZ_SEED=... for others)
	FUZZED_LINES=1000000 $(PYTHON) -m pytest -q -s --timeout 7200 tests/pings/test_fuzzed_lines.py

test-containers:  ## the stack of docker/ in a real engine, from nothing to the digest; starts an engine where there is none (root, Debian 12)
	@docker/test_containers.sh

test-slack-soak: setup  ## seven simulated weeks of hourly digests against a Slack with bad days (about 10 minutes)
	$(PYTHON) -m tests.digest.slack_soak

test-browser: setup  ## the tests of the pages, in Debian's chromium
	$(PYTHON) -m pytest -m browser

lint: setup  ## ruff: rules and format
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: setup  ## mypy, strict, on all but the tests
	$(PYTHON) -m mypy

benchmark-pings: setup  ## our ping reader beside Spark, DuckDB, Polars and pyarrow
	$(PYTHON) -m benchmarks.ping_readers

benchmark-reach: setup  ## what counting people costs an hour's aggregation, and its memory with half a million groups
	$(PYTHON) -m benchmarks.reach_cost

benchmark-years: setup  ## what an hourly publication costs after 24 to 2,000 hours, and scoring over 400 days
	$(PYTHON) -m benchmarks.years_of_publishing --maintenance daily
	$(PYTHON) -m benchmarks.years_of_publishing --maintenance late
	$(PYTHON) -m benchmarks.years_of_scoring

benchmark-page: setup  ## what publishing the page costs in a large world, and what its views weigh
	$(PYTHON) -m benchmarks.page_publishing

benchmark-scoring: setup  ## how long a history takes to fit and a look to score
	$(PYTHON) -m benchmarks.scoring_speed

benchmark-decisions: setup  ## what forecasts, experiments, later weeks and builds add to an hourly run
	$(PYTHON) -m benchmarks.decisions_cost

evaluate-scoring: setup  ## false alarms, detection and coverage over simulated releases
	$(PYTHON) -m simulation.evaluate_scoring

evaluate-rollouts: setup  ## simulated releases rolled out by the advice and by fixed rules; forecasts against what came
	$(PYTHON) -m simulation.evaluate_rollouts

code-archive: setup  ## .local/jobs.zip, which a Spark cluster's executors need (SPARK_PY_FILES)
	@$(PYTHON) -m jobs.code_archive .local/jobs.zip

page: $(READY)  ## the page over a bundled sample of simulated data, without Java, Airflow or tables
	@$(PYTHON) -m local.show_page

screenshots: setup  ## the pictures of the README, in Debian's chromium, from a stack that runs
	$(PYTHON) -m local.take_screenshots
	$(PYTHON) -m local.page_screenshots

stack-start: setup  ## start PostgreSQL, Airflow and the Slack stand-in, on loopback
	@$(PYTHON) -m local.stack.local_stack start

stack-status: setup  ## what runs, where, and whether it is well
	@$(PYTHON) -m local.stack.local_stack status

stack-stop: setup  ## stop the stack and the tasks that it runs
	@$(PYTHON) -m local.stack.local_stack stop

clean:  ## stop what runs and remove .venv, .local and all caches
	@if [ -x $(PYTHON) ] && [ -d .local ]; then $(PYTHON) -m local.stack.local_stack stop; fi
	rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
