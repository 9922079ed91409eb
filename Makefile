# make demo   checks, runs and maps the hotel chain, and compares it with its redesign
# make test   runs the tests (make test-long: all of them, with longer runs and more random cases)
# make docs   builds the documentation as a site, output/site/index.html
# make gallery renders every chart and map of docs/gallery.md into output/gallery
# make bench  times it against other tools (docs/benchmarks.md)
# make sweep  compares the engines on 100,000 random chains
# make fuzz   loads 100,000 broken model files and 20,000 altered files of results
# make logs   reads 10,000 broken event logs
# make learned writes the logs of twenty chains, and learns them again
# make started compares the engines on 20,000 random chains that start from a state, and audits them
# make audit  looks for broken rules in 100,000 random chains in which rules meet
# make truth  measures what every lever of the chains of the truth suite gains, in 100 replications each
# make places counts in how many of 200 random chains the place that loses most time is that of the best lever
# make lost   adds up lost time in 10,000 random chains by both engines, to the tick
# make diagrams writes 1,000 random chains as BPMN diagrams and reads them back equal, sees that 1,000 sound
#             diagrams keep their meaning, and reads 1,000 random diagrams and 10,000 damaged files
# make lowest tries the lowest supported versions of what it needs (tests/lowest.txt)
# make wheel  builds a wheel and tries it in an environment of its own
# Each sets up what it needs, in a virtual environment beside the code.

PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin

.PHONY: demo test test-long browser lint docs gallery bench sweep started fuzz logs learned audit truth places lost diagrams clean

demo: .venv/ready
	$(BIN)/serviceflow demo

test: .venv/ready browser
	$(BIN)/python -m pytest -n auto --dist worksteal

test-long: .venv/ready browser
	SERVICEFLOW_LONG=1 $(BIN)/python -m pytest -n auto --dist worksteal -m ""

# Tests of the report need a browser: Debian's is installed where there is none and this may do it.
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || { test "$$(id -u)" = 0 \
		&& command -v apt-get >/dev/null && { apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
		>/dev/null 2>&1; } || true

lint: .venv/ready
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

docs: .venv/docs-ready
	$(BIN)/python docs/site/build.py output/site

gallery: .venv/ready
	$(BIN)/python tests/gallery.py output/gallery

# The other tools have an environment of their own: LINE asks for an older pandas.
bench: .venv-bench/ready
	.venv-bench/bin/python -m benchmarks

sweep: .venv/ready
	$(BIN)/python tests/engine_sweep.py 0 100000
	$(BIN)/python tests/engine_sweep.py 0 100000 --plain

started: .venv/ready
	$(BIN)/python tests/started_chains.py 0 10000

fuzz: .venv/ready
	$(BIN)/python -W ignore tests/test_fuzzed_files.py 0 100000
	$(BIN)/python -W ignore tests/test_damaged_results.py 0 20000

logs: .venv/ready
	$(BIN)/python -W ignore tests/broken_logs.py 0 10000

learned: .venv/ready
	$(BIN)/python tests/learned_again.py 0 20

audit: .venv/ready
	$(BIN)/python tests/audit_sweep.py 0 100000
	$(BIN)/python tests/audit_sweep.py 0 100000 --engine compiled

truth: .venv/ready
	$(BIN)/python tests/truth/prove.py

places: .venv/ready
	$(BIN)/python tests/truth/places.py 0 200

lost: .venv/ready
	$(BIN)/python tests/lost_sweep.py 0 10000
	$(BIN)/python tests/lost_sweep.py 0 10000 --engine compiled

diagrams: .venv/ready
	$(BIN)/python tests/bpmn/test_bpmn_export.py 0 1000
	$(BIN)/python tests/bpmn/test_bpmn_sound.py 0 1000
	$(BIN)/python -W ignore tests/bpmn/test_bpmn_safety.py 1000 10000

.venv/ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) is needed; none was found"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.venv/docs-ready: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

.venv-bench/ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) is needed; none was found"; exit 1; }
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

# pygraphviz is built against what Debian has; where it cannot be, maps are drawn by the program dot.
lowest:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) is needed; none was found"; exit 1; }
	rm -rf .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --constraint tests/lowest.txt \
		--editable . pytest pytest-xdist hypothesis jsonschema
	.venv-lowest/bin/python -m pytest -n auto tests/test_timetables.py tests/test_calendars.py \
		tests/test_holidays.py tests/test_chinese.py tests/test_maps.py tests/test_charts.py

wheel:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) is needed; none was found"; exit 1; }
	rm -rf .venv-wheel output/wheel
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir output/wheel .
	.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check output/wheel/*.whl
	cd output/wheel && ../../.venv-wheel/bin/serviceflow demo

clean:
	rm -rf .venv .venv-bench .venv-lowest .venv-wheel output
