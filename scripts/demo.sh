#!/usr/bin/env bash
# make demo: bring examples/hello up with the devpm just built, ask it over
# HTTP, show what devpm says about it, take it down again.
set -euo pipefail
cd "$(dirname "$0")/.."
devpm=$PWD/bin/devpm
export HELLO_PORT=${HELLO_PORT:-8080}

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

cleanup() { "$devpm" -C examples/hello -q down --volumes >/dev/null 2>&1 || true; }
trap cleanup EXIT

say "$devpm" -C examples/hello plan
say "$devpm" -C examples/hello trust --show
say "$devpm" -C examples/hello up --trust # on a terminal, `up` alone shows that list and asks
say "$devpm" -C examples/hello ps
say "$devpm" -C examples/hello explain services.web.environment.GREETING
url=http://127.0.0.1:$HELLO_PORT/
printf '\n\033[1m$ curl %s\033[0m\n' "$url"
answer=$(curl --fail --silent --show-error --noproxy '*' "$url")
echo "$answer"
say "$devpm" -C examples/hello down --volumes
trap - EXIT
printf '\nThe example answered over HTTP: %s\n' "$answer"
