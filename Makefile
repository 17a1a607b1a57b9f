# `make` alone prints the targets. Everything a target needs (Node 24, packages, the real parts) is fetched on first use.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

NODE_BIN = $(or $(shell hack/node),$(error Node 24 could not be fetched; the lines above say why))
export PATH := $(if $(filter help clean,$(MAKECMDGOALS)),,$(if $(MAKECMDGOALS),$(NODE_BIN):))$(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help demo test test-full verify run generate bench image install testbed-up testbed-down clean setup parts

help: ## Show this help
	@echo "Dogwatch. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	@echo "Installing the npm packages (about 20 s, once)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

parts: setup
	@hack/testbed/testbed build

demo: parts ## See it at work: a real control plane with 50 nodes and 500 pods, warnings as they come; Ctrl-C ends it
	@node hack/demo/run.ts

test: setup ## Run every check and test that this machine can run (about 20 minutes on two cores; the first time up to 15 minutes more)
	@hack/testbed/testbed build --node
	@node hack/test/run.ts

test-full: setup ## The long proof: all rounds and soaks
	@hack/testbed/testbed build --node
	@node hack/test/run.ts --full

verify: setup ## Lint, types, generated files, architecture, unit tests (under a minute)
	@node hack/test/run.ts checks unit

run: setup ## Run the operator from source against the current kubeconfig
	@node src/bin/dogwatch.ts operator

generate: setup ## Write CRDs, RBAC and reference pages from src/api
	@node hack/generate.ts

bench: parts ## Measure against peers, side by side; QUICK=1 for under 3 minutes
	@node bench/run.ts

image: ## Build the container image from the Dockerfile: IMAGE=name:tag; PUSH=1 sends it to the registry
	@hack/image $(if $(IMAGE),--name $(IMAGE)) $(if $(PUSH),--push)

install: setup ## Install the command line into PREFIX/bin (default /usr/local)
	@node hack/bundle.ts --out "$(abspath $(or $(PREFIX),/usr/local))/lib/dogwatch/dogwatch.mjs"
	@hack/install "$(or $(PREFIX),/usr/local)"

testbed-up: parts ## Start a control plane with pretended nodes in DIR (default /tmp/dogwatch-testbed)
	@hack/testbed/testbed up --kwok --dir "$(or $(DIR),/tmp/dogwatch-testbed)"

testbed-down: setup ## Stop it and remove every trace
	@hack/testbed/testbed down --dir "$(or $(DIR),/tmp/dogwatch-testbed)"

clean: ## Remove what was built in the checkout; the cache of real parts stays
	@rm -rf node_modules dist bench/results
