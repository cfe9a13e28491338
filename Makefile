# Everything a contributor runs. `make help` lists the targets.
SHELL      := /bin/bash
GO         ?= go
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS    := -s -w -X main.version=$(VERSION)
GOBUILD    := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'
PLATFORMS  := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
FUZZTIME   ?= 30s
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: devpm
devpm: ## build bin/devpm for this machine
	@$(GOBUILD) -o bin/devpm ./cmd/devpm

.PHONY: build
build: devpm ## build bin/devpm, and dist/ for every platform
	@for p in $(PLATFORMS); do os=$${p%/*}; arch=$${p#*/}; \
	  ext=; [ $$os = windows ] && ext=.exe; \
	  echo "build dist/devpm-$$os-$$arch$$ext"; \
	  GOOS=$$os GOARCH=$$arch $(GOBUILD) -o dist/devpm-$$os-$$arch$$ext ./cmd/devpm || exit 1; done

.PHONY: docker
docker: ## make sure that an engine, Compose and buildx answer
	@scripts/ensure-docker.sh

.PHONY: images
images: docker ## build the stand-in images that the tests name (only those that are absent)
	@scripts/images.sh

.PHONY: demo
demo: docker devpm ## bring examples/hello up, ask it, take it down
	@scripts/demo.sh

.PHONY: test
test: images devpm ## unit, script and engine tests
	@scripts/test.sh

.PHONY: test-unit
test-unit: ## unit and script tests only; needs no engine
	@$(GO) test ./...

.PHONY: conformance
conformance: ## the odpm contract, one line a case
	@set -o pipefail; cd cmd/devpm/internal/conformance && DEVPM_CONFORMANCE=1 $(GO) test -count=1 | grep -v -e '^ok ' -e '^PASS$$'

.PHONY: golden
golden: ## rewrite goldens and script expectations; read the diff
	@DEVPM_UPDATE=1 $(GO) test ./...

.PHONY: bench
bench: devpm images ## time devpm against its peers, as ratios
	@$(GO) run ./testdata/bench

.PHONY: bench-check
bench-check: devpm images ## the same, and exit 1 when a goal is missed
	@$(GO) run ./testdata/bench -check

.PHONY: lint
lint: ## golangci-lint, at the version in tools/go.mod
	@$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

.PHONY: fmt
fmt: ## format the code
	@gofmt -w $$(git ls-files '*.go')

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: clean
clean: ## remove what make built, stand-in images included
	@rm -rf bin dist
	@if docker info >/dev/null 2>&1; then scripts/images.sh --clean; fi
