# Thin: every target calls `cargo xtask`, which does the work and says what it installs. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup demo journey test fuzz faults bench check fmt generate toolchain

# What a target passes on, as in `make test ARGS="-p domain"`.
ARGS ?=
XTASK = cargo xtask

help:
	@echo 'make setup     install what is missing (PostgreSQL, npm packages, the fuzzer)'
	@echo 'make demo      run everything on this machine; RESET=1 starts afresh'
	@echo 'make journey   drive a running demo from referral to conclusion'
	@echo 'make test      run every test; ARGS="-p domain" selects'
	@echo 'make fuzz      many made-up requests; EXAMPLES=100 is their number for each operation, SEED=1 repeats a run'
	@echo 'make faults    histories of users and faults; SEEDS=50 is their number, SEED=n or HISTORY=file plays one again'
	@echo 'make bench     figures about deliveries; ROWS=1000000 and SECONDS=5 make it smaller'
	@echo 'make check     what CI runs: format, house rules, lint, tests'
	@echo 'make fmt       format the code'
	@echo 'make generate  write what is generated into the tree'

setup: toolchain
	@$(XTASK) setup

demo: toolchain
	@$(XTASK) demo $(ARGS)

journey: toolchain
	@$(XTASK) journey $(ARGS)

test: toolchain
	@$(XTASK) test $(ARGS)

fuzz: toolchain
	@EXAMPLES='$(EXAMPLES)' SEED='$(SEED)' $(XTASK) fuzz

faults: toolchain
	@SEEDS='$(SEEDS)' SEED='$(SEED)' HISTORY='$(HISTORY)' $(XTASK) faults $(ARGS)

bench: toolchain
	@ROWS='$(ROWS)' SECONDS='$(SECONDS)' $(XTASK) bench

check: toolchain
	@$(XTASK) check

fmt: toolchain
	@$(XTASK) fmt

generate: toolchain
	@$(XTASK) generate

# What `cargo xtask` itself needs. A fresh shell may lack rustup's folder on its PATH.
export PATH := $(PATH):$(HOME)/.cargo/bin
toolchain:
	@command -v cargo >/dev/null || { echo 'error: cargo is missing: install Rust 1.95 or newer (https://rustup.rs)' >&2; exit 1; }
	@command -v cc >/dev/null || { echo 'error: a C compiler is missing: install one (Debian, Ubuntu: apt-get install build-essential)' >&2; exit 1; }
