# The whole project behind a few words. `make` alone lists them.
PYTHON  ?= python3
STUDY   ?= demo
CORES   ?= 2
# Where it runs: profiles/slurm, profiles/gpu, or a copy of them; empty: on this machine, with CORES cores.
PROFILE ?=
# A machine whose GPU or driver wants another build of torch overrides these two lines only.
TORCH   ?= torch==2.13.0
VISION  ?= torchvision==0.28.0
TORCH_ARGS ?=

BIN := .venv/bin
SETUP := .venv/.stamp
# A study is named as hembench names it: config/NAME.yaml by NAME, or any file.
STUDY_FILE = $(if $(filter %.yaml,$(STUDY)),$(STUDY),config/$(STUDY).yaml)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo smoke mnist study publish test test-all lint format bench lock schema

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(SETUP) ## make .venv with everything the project needs

# torchattacks pins an old release of requests without need, and torchvision a CUDA build: no dependencies.
$(SETUP): envs/requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r envs/requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps $(VISION)
	$(BIN)/python -m pip install --quiet $(TORCH_ARGS) $(TORCH)
	$(BIN)/python -m pip install --quiet --no-deps torchattacks==3.5.1
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: ## the small study on handwritten digits: networks, attacks, report
	@$(MAKE) --no-print-directory study STUDY=demo

smoke: ## every network and loss of the paper's classification for a moment, on small and made data: does all of it run here?
	@$(MAKE) --no-print-directory study STUDY=smoke

mnist: ## the paper's networks on MNIST; on a cluster: make mnist PROFILE=profiles/slurm
	@$(MAKE) --no-print-directory study STUDY=mnist

study: setup ## any study, by name or file: make study STUDY=demo [PROFILE=profiles/slurm]
	@test -f $(STUDY_FILE) || $(BIN)/hembench plan $(STUDY)
	@test -z "$(PROFILE)" || test -f "$(PROFILE)/config.yaml" || \
		{ echo "PROFILE=$(PROFILE): there is no $(PROFILE)/config.yaml" >&2; exit 1; }
	@$(BIN)/snakemake --configfile $(STUDY_FILE) $(if $(PROFILE),--workflow-profile $(PROFILE),--cores $(CORES))
	@$(BIN)/hembench show $(STUDY)

publish: setup ## copy a study's finished report to reports/published/, to be committed
	@$(BIN)/hembench show $(STUDY) --publish

test: setup ## the tests that need no cluster: at most 15 minutes on 2 cores
	$(BIN)/python -m pytest -n $(CORES) -m "not cluster and not slow"

test-all: setup ## what `make test` leaves out (a cluster on this machine, what is slow): at most 50 minutes on 2 cores
	$(BIN)/python -m pytest -n $(CORES) --dist loadgroup -m "cluster or slow"

lint: setup ## style, types, Snakefiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: setup ## put style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

bench: setup ## speed and memory, as ratios in one run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; OMP_NUM_THREADS=1 $(BIN)/python $$file; done

schema: setup ## config/README.md and the JSON schemas, from the models
	$(BIN)/python -m hembench.plan.document config

lock: setup ## envs/requirements.lock from envs/requirements.in
	uv pip compile --generate-hashes --universal --python-version 3.11 \
		--overrides envs/overrides.in envs/requirements.in -o envs/requirements.lock
