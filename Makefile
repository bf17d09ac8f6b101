# Every target makes its own virtual environment in .venv, again whenever pyproject.toml has changed.
#   PYTHON=python3.12      which interpreter to make it with (3.11 or newer)
#   MINUTES=60            how long each search of `make soak-parallel` takes (5 if not said)
#   LIMIT=600             how many seconds a test may take (900 if not said, four hours in `make soak`)
#   SAMESTATE_DATA=FOLDER  official fixtures and real blocks; ../shared/data is taken where it is there

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/installed-$(shell cksum pyproject.toml | cut -d ' ' -f 1)
JOBS  ?= 2
MINUTES ?= 5

# Who has nothing left to do takes from the others: else one process may end with a tenth of all tests before it.
# Whatever a test hangs in, compiled code included: its worker prints the stacks of all threads and ends, pytest-xdist
# names the test, and a new worker goes on with the rest.
LIMIT  ?= 900
PYTEST  = $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -o faulthandler_timeout=$(LIMIT) -o faulthandler_exit_on_timeout=true

# What `optimized` is compiled from: any change asks for a build, which compiles only what changed.
SOURCES := $(shell find optimized -name '*.py' -o -name '*.pxd' -o -name '*.hpp' | LC_ALL=C sort) setup.py
BUILT   := $(VENV)/built-$(shell cat $(SOURCES) | cksum | cut -d ' ' -f 1)

# What `make peers` installs: each has a stamp with its version, so that a new version is installed anew.
PEERS      := .peers
GETH       := 1.17.10
REVME      := 43.0.3
PYREVM     := 0.3.7
ANVIL      := 1.7.1
ANVIL_PACKAGE := @foundry-rs/anvil-$(subst x86_64,amd64,$(subst aarch64,arm64,$(shell uname -s | tr A-Z a-z)-$(shell uname -m)))
ETHEREUMJS := $(PEERS)/ethereumjs-$(shell cksum benchmarks/peers/package-lock.json | cut -d ' ' -f 1)

# What `samestate bench --peer` runs beside: programs of ours around revm and geth, whose versions their locks pin.
REVM_PROGRAM := $(PEERS)/samestate-revm-$(shell cat benchmarks/peers/revm/Cargo.* benchmarks/peers/revm/src/* | cksum | cut -d ' ' -f 1)
GETH_PROGRAM := $(PEERS)/samestate-geth-import-$(shell cat benchmarks/peers/gethimport/* | cksum | cut -d ' ' -f 1)

# The engines `geth:parallel` and `geth:sequential`: go-ethereum as a library.
IMPORTER     := conformance/engines/clients/geth/importer
GETH_ENGINE  := $(PEERS)/samestate-geth-engine-$(shell cat $(IMPORTER)/* | cksum | cut -d ' ' -f 1)

# What `make release` makes, where, and of which vectors (all if none); files are from the time of the commit.
VERSION  := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
DIST     ?= dist
EXPORTED ?=
release: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

# The engines `agave`, `litesvm:solders` and `litesvm:npm`: the validator's Bank as a library, and LiteSVM of two packages.
BANK         := conformance/engines/clients/agave/bank
BANK_ENGINE  := $(PEERS)/samestate-bank-$(shell cat $(BANK)/Cargo.* $(BANK)/src/* | cksum | cut -d ' ' -f 1)
SOLDERS      := 0.29.0
LITESVM      := 1.5.0

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

ifndef SAMESTATE_DATA
ifneq ($(wildcard ../shared/data),)
export SAMESTATE_DATA := $(abspath ../shared/data)
endif
endif

ifdef SAMESTATE_DATA
ifeq ($(wildcard $(SAMESTATE_DATA)/.),)
$(error SAMESTATE_DATA names $(SAMESTATE_DATA), which is no folder)
endif
endif

# Whatever lies there is taken. Exit code 2 where nothing failed, and some file is of no form that is known.
BLOCKS         = $(wildcard $(SAMESTATE_DATA)/blocks $(SAMESTATE_DATA)/more/blocks)
ALLOW_UNUSABLE = || test $$? -eq 2

.DEFAULT_GOAL := help
.PHONY: help build conformance test quick soak soak-fixtures soak-parallel release docs peers lint format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16

build: $(STAMP) ## compile `optimized`, so far as its sources have changed
	$(BIN)/python setup.py --quiet build_ext --inplace
	rm -f $(VENV)/built-*
	touch $(BUILT)

conformance: $(BUILT) ## the main job: vectors, the toy's on every engine, real blocks, a sample of the official fixtures, then the suite
	$(BIN)/samestate check vectors
	$(BIN)/samestate check --engine all vectors/toy
	$(if $(BLOCKS),$(BIN)/samestate check --jobs $(JOBS) $(BLOCKS) $(ALLOW_UNUSABLE))
	$(if $(SAMESTATE_DATA),$(BIN)/samestate check --jobs $(JOBS) --sample 1000 $(SAMESTATE_DATA) $(ALLOW_UNUSABLE))
	$(PYTEST) conformance

test: lint ## lint, types, import contracts, then the tests of CI: what takes long is for the soak
	HYPOTHESIS_PROFILE=ci $(PYTEST) -m "not soak and not slow"

quick: $(BUILT) ## lint, types and unit tests, in under two minutes
	$(BIN)/ruff check .
	$(BIN)/mypy
	HYPOTHESIS_PROFILE=quick $(PYTEST) tests -m "not slow and not fixtures and not peers and not sanitizers and not soak"

soak soak-parallel: LIMIT = 14400

soak: soak-fixtures soak-parallel ## all official fixtures, all engines at length, then every test with long fuzzing
	HYPOTHESIS_PROFILE=soak $(PYTEST)

soak-fixtures: $(BUILT) ## every official fixture (resumes where it was stopped)
	$(if $(SAMESTATE_DATA),,$(error make soak-fixtures needs SAMESTATE_DATA, a folder with the official fixtures))
	$(BIN)/samestate check --jobs $(JOBS) --resume $(SAMESTATE_DATA) $(ALLOW_UNUSABLE)

soak-parallel: $(BUILT) ## strategies and engines: random blocks, random schedules of the EVM's vectors, mutants, sanitizers
	$(BIN)/samestate fuzz --minutes $(MINUTES) --txs 40 --workers 3 --engine 'reference:*' --engine 'optimized:*'
	$(BIN)/samestate fuzz --minutes $(MINUTES) --machine evm --engine 'reference:*' --engine 'optimized:*@processes'
	$(BIN)/samestate fuzz --minutes $(MINUTES) --machine evm --txs 60 --workers 1 --workers 2 --workers 4 \
		$(foreach strategy,sequential block-stm locks waves access-list adaptive,--engine optimized:$(strategy))
	HYPOTHESIS_PROFILE=soak $(PYTEST) tests/reference/test_strategies_on_the_evm.py
	$(PYTEST) tests/optimized/sanitizers tests/optimized/explored \
		conformance/suite/test_interleavings.py conformance/suite/test_mutants.py conformance/suite/test_compiled_mutants.py \
		conformance/suite/test_evm_mutants.py

release: $(BUILT) ## wheel, source distribution and vectors as official fixtures, with checksums, in dist
	rm -rf $(DIST)
	mkdir -p $(DIST)
	$(BIN)/python setup.py --quiet build --build-base build/release bdist_wheel --bdist-dir build/release/wheel --dist-dir $(DIST)
	$(BIN)/python setup.py --quiet sdist --dist-dir $(DIST)
	$(BIN)/samestate export --to eest --output $(DIST)/samestate-vectors-eest-$(VERSION).tar.xz $(EXPORTED)
	cd $(DIST) && sha256sum *.whl *.tar.gz *.tar.xz > SHA256SUMS && sha256sum --check --quiet SHA256SUMS

docs: $(BUILT) ## the site in build/site: documents, every rule and vector as a page; it needs no network
	$(BIN)/python -m samestate.conformance.site build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict # not --quiet: then it counts no warning

peers: $(PEERS)/evm-$(GETH) $(PEERS)/revme-$(REVME) $(ETHEREUMJS) $(REVM_PROGRAM) $(GETH_PROGRAM) $(GETH_ENGINE) $(PEERS)/pyrevm-$(PYREVM) $(PEERS)/anvil-$(ANVIL) $(BANK_ENGINE) $(PEERS)/solders-$(SOLDERS) $(PEERS)/litesvm-$(LITESVM) ## install the outside clients that are compared with (geth, revm, ethereumjs, pyrevm, anvil, agave, litesvm) into .peers and benchmarks/peers

lint: $(BUILT) ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## rewrite the code the way `make lint` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove .venv, caches and builds; what `make peers` took minutes to install stays (rm -r .peers benchmarks/peers/node_modules)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .samestate
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find optimized -name '*.so' -delete

# $(call install,CLIENT,PROGRAM,COMMAND): install a client with a program, or say in a line that it is not there.
define install
@mkdir -p $(PEERS)
@if command -v $(2) > /dev/null; then \
	echo "$(1): $(3)"; $(3) && rm -f $(PEERS)/$(1)-* && touch $@; \
else \
	echo "$(1) is not installed: there is no $(2) on the PATH"; \
fi
endef

$(PEERS)/evm-$(GETH):
	$(call install,evm,go,GOBIN=$(abspath $(PEERS))/bin go install github.com/ethereum/go-ethereum/cmd/evm@v$(GETH))

$(PEERS)/revme-$(REVME):
	$(call install,revme,cargo,cargo install --quiet --locked --force --root $(PEERS) revme --version $(REVME))

$(ETHEREUMJS):
	$(call install,ethereumjs,npm,npm ci --prefix benchmarks/peers --no-audit --no-fund --loglevel error)

$(REVM_PROGRAM):
	$(call install,samestate-revm,cargo,cargo install --quiet --locked --force --root $(PEERS) --target-dir $(PEERS)/build/revm --path benchmarks/peers/revm)

$(GETH_PROGRAM):
	$(call install,samestate-geth-import,go,go build -C benchmarks/peers/gethimport -o $(abspath $(PEERS))/bin/samestate-geth-import .)

$(GETH_ENGINE):
	$(call install,samestate-geth-engine,go,go build -C $(IMPORTER) -o $(abspath $(PEERS))/bin/samestate-geth-engine .)

$(PEERS)/pyrevm-$(PYREVM):
	$(call install,pyrevm,$(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target $(PEERS)/pyrevm pyrevm==$(PYREVM))

$(PEERS)/anvil-$(ANVIL):
	$(call install,anvil,npm,npm install --prefix $(PEERS)/anvil --no-audit --no-fund --loglevel error $(ANVIL_PACKAGE)@$(ANVIL) && mkdir -p $(PEERS)/bin && ln -sf ../anvil/node_modules/.bin/anvil $(PEERS)/bin/anvil)

# Agave asks for a newer compiler than it needs; OpenSSL is the system's, since no build of it is wanted.
$(BANK_ENGINE):
	$(call install,samestate-bank,cargo,OPENSSL_NO_VENDOR=1 cargo install --quiet --locked --force --ignore-rust-version --root $(PEERS) --target-dir $(PEERS)/build/bank --path $(BANK))

$(PEERS)/solders-$(SOLDERS):
	$(call install,solders,$(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target $(PEERS)/solders solders==$(SOLDERS))

$(PEERS)/litesvm-$(LITESVM):
	$(call install,litesvm,npm,npm install --prefix $(PEERS)/litesvm --no-audit --no-fund --loglevel error litesvm@$(LITESVM))

$(BUILT): $(STAMP)
	@$(MAKE) --no-print-directory build

$(STAMP):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,peers,plot]'
	rm -f $(VENV)/installed-*
	touch $@
