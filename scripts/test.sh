#!/usr/bin/env bash
# make test: unit and script tests, then the tests that need a real engine, and
# at the end how many of those ran.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# What runs on an untrusted clone is traced, not assumed; without strace that test
# says that it was skipped.
if ! command -v strace >/dev/null && command -v apt-get >/dev/null && [[ $(id -u) -eq 0 ]]; then
  echo "== strace is missing: installing it with apt-get"
  apt-get install -y -qq strace >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq strace; } >/dev/null || echo "strace cannot be installed"
fi

echo "== unit and script tests"
go test -timeout 20m ./...
# Modules of their own, which ./... leaves out.
go test -C examples/hello ./...
go test -C testdata/images/mailpit ./...

echo "== engine tests ($(docker version --format 'engine {{.Server.Version}}'), compose $(docker compose version --short))"
# One package at a time: the tests share the engine and two of them its ports. The
# longest ones, which have images and ports of their own, run beside each other.
# The exit status is that of go test, whatever grep finds.
set +e
go test -tags engine -count=1 -p 1 -timeout 20m -v -run '^TestEngine' ./cmd/devpm/... ./compose/engine/... 2>&1 |
  tee "$log" | grep -aE '^(--- |    --- |FAIL|ok|panic)|_test.go:'
status=${PIPESTATUS[0]}
set -e
passed=$(grep -acE '^--- PASS: TestEngine' "$log" || true)
failed=$(grep -acE '^--- FAIL: TestEngine' "$log" || true)
skipped=$(grep -acE '^--- SKIP: TestEngine' "$log" || true)
echo "engine tests: $passed passed, $failed failed, $skipped skipped"
if ((status != 0)); then
  cat "$log" >&2
  exit "$status"
fi
if ((passed == 0)); then
  echo "no engine test ran" >&2
  exit 1
fi
