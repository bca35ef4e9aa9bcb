# The whole project behind a few words. `make` alone lists them.
PYTHON  ?= python3
STUDY   ?= demo
CORES   ?= 2
# A machine whose GPU or driver wants another build of torch overrides these two lines only.
TORCH   ?= torch==2.13.0
VISION  ?= torchvision==0.28.0
TORCH_ARGS ?=

BIN := .venv/bin
SETUP := .venv/.stamp
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo study publish test lint format bench lock schema

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(SETUP) ## make .venv with everything the project needs

# torchattacks pins an old release of requests without need, and torchvision a CUDA build: no dependencies.
$(SETUP): envs/requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r envs/requirements.lock
	$(BIN)/python -m pip install --quiet $(TORCH_ARGS) $(TORCH)
	$(BIN)/python -m pip install --quiet --no-deps $(VISION) torchattacks==3.5.1
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
