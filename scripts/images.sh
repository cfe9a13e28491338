#!/usr/bin/env bash
# Builds the stand-in images of testdata/images, each only when its name is
# absent; `--clean` removes those that carry the stand-in label again.
#
#   DEBIAN_MIRROR  where Debian packages come from (see testdata/images/README.md)
set -euo pipefail
cd "$(dirname "$0")/../testdata/images"
# The CLI that Debian 12 packages still prefers the builder of before BuildKit.
export DOCKER_BUILDKIT=1

readonly LABEL=dev.devpm.standin=1
readonly BASE=devpm-standin-debian:bookworm
readonly IMAGES=(postgres:15 python:3.11-slim-bookworm axllent/mailpit:latest busybox:latest "$BASE")

say() { printf 'images: %s\n' "$*"; }
die() { printf 'images: %s\n' "$*" >&2; exit 1; }
exists() { docker image inspect "$1" >/dev/null 2>&1; }

clean() {
  local image
  for image in "${IMAGES[@]}"; do
    if [[ -n $(docker image ls -q --filter "label=$LABEL" --filter "reference=$image") ]]; then
      if docker image rm "$image" >/dev/null; then say "$image: removed"; fi
    fi
  done
}

# The Debian mirror of this machine's apt sources, in either of their formats.
mirror() {
  local found=${DEBIAN_MIRROR:-}
  if [[ -z $found ]]; then
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
      sed -nE 's#^(URIs:|deb( \[[^]]*\])?)[[:space:]]+(https?://[^[:space:]]*/debian)/?([[:space:]].*)?$#\3#p' | head -n 1 || true)
  fi
  printf '%s' "${found:-http://deb.debian.org/debian}"
}

# Makes the base without a registry: needs root and debootstrap.
debootstrap_base() {
  local root from options=(--variant=minbase) status=0
  [[ $(id -u) -eq 0 ]] || return 1
  if ! command -v debootstrap; then
    command -v apt-get || return 1
    apt-get update -qq || true
    apt-get install -qq -y debootstrap || return 1
  fi
  from=$(mirror)
  if [[ $from == https:* ]]; then options+=(--include=ca-certificates); fi
  root=$(mktemp -d)
  {
    chmod 755 "$root" &&
      debootstrap "${options[@]}" bookworm "$root" "$from" &&
      rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb "$root"/etc/{resolv.conf,hostname} &&
      tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --change "LABEL $LABEL" - "$BASE"
  } || status=$?
  rm -rf "$root"
  return "$status"
}

# The base: debootstrap where that works (root on Debian), else the official image.
make_base() {
  debootstrap_base || printf 'FROM debian:bookworm-slim\nLABEL %s\n' "$LABEL" | docker build -t "$BASE" -
}

# A proxy that is set here is needed in there too; docker knows these arguments.
proxies() {
  local name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [[ -n ${!name:-} ]]; then printf -- '--build-arg\n%s\n' "$name"; fi
  done
}

from_dockerfile() {
  local args=()
  mapfile -t args < <(proxies)
  docker build --progress plain ${args[@]+"${args[@]}"} -t "$2" "$1"
}

make_mailpit() {
  local context status=0
  context=$(mktemp -d)
  cp mailpit/Dockerfile "$context"
  (cd mailpit && CGO_ENABLED=0 GOOS=linux GOWORK=off go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$context/mailpit" .) &&
    docker build --progress plain -t "$1" "$context" || status=$?
  rm -rf "$context"
  return "$status"
}

# Runs "$@" when image $1 is absent; its output is shown only when it fails.
ensure() {
  local image=$1 log start=$SECONDS
  shift
  if exists "$image"; then
    say "$image: already there"
    return
  fi
  log=$(mktemp)
  say "$image: building" >&2
  if ! "$@" "$image" >"$log" 2>&1 </dev/null || ! exists "$image"; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "$image: not built (see above)"
  fi
  rm -f "$log"
  say "$image: built in $((SECONDS - start)) s"
}

docker info >/dev/null 2>&1 || die 'no Docker engine answers; scripts/ensure-docker.sh starts one'
# One run at a time: two would build the same names twice.
if command -v flock >/dev/null; then
  exec 9<.
  flock 9
fi
case ${1:-} in
  --clean)
    clean
    exit
    ;;
  '') ;;
  *) die "unknown argument $1 (only --clean)" ;;
esac

ensure axllent/mailpit:latest make_mailpit
for name in busybox:latest postgres:15 python:3.11-slim-bookworm; do
  if ! exists "$name"; then ensure "$BASE" make_base; fi
  ensure "$name" from_dockerfile "${name%%:*}"
done
