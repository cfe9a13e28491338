#!/usr/bin/env bash
# Makes `docker`, `docker compose` and `docker buildx` answer on this machine.
#
# Does nothing when all three already do. Otherwise says on stderr what it is
# about to do, and does only what is missing:
#   - engine missing:  apt-get install docker.io            (Debian, root)
#   - engine stopped:  systemctl start docker, or dockerd in the background (root)
#   - plugin missing:  built from source through the Go module proxy
# Nothing that exists is replaced, and without root nothing is installed outside
# of $HOME. Two runs at once are safe: the second waits for the first.
#
#   DEVPM_DOCKERD_LOG  where a dockerd that this script starts writes its log
#   DOCKER_HOST, DOCKER_CONTEXT  honoured: a remote engine is never "repaired"
set -euo pipefail

readonly COMPOSE_VERSION=v5.5.1
readonly COMPOSE_MODULE=github.com/docker/compose/v5
readonly BUILDX_VERSION=v0.30.1
readonly BUILDX_MODULE=github.com/docker/buildx
readonly COMPOSE_OLDEST=2.20.0
readonly DOCKERD_LOG=${DEVPM_DOCKERD_LOG:-/var/log/devpm-dockerd.log}

say() { printf 'ensure-docker: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [[ $(id -u) -eq 0 ]]; }

engine_answers() { docker info >/dev/null 2>&1; }
compose_answers() { docker compose version >/dev/null 2>&1; }
buildx_answers() { docker buildx version >/dev/null 2>&1; }

# An old Compose is the user's own and is not replaced; it is named instead.
check_compose_age() {
  local found
  found=$(docker compose version --short)
  found=${found#v}
  if [[ $(printf '%s\n%s\n' "$COMPOSE_OLDEST" "$found" | sort -V | head -n 1) != "$COMPOSE_OLDEST" ]]; then
    die "docker compose is $found; devpm needs $COMPOSE_OLDEST or later. Update it, or remove it and run this again"
  fi
}

all_answer() { engine_answers && compose_answers && buildx_answers; }

# ---------------------------------------------------------------- engine

# The endpoint that the docker CLI would use, when it is one that only its
# owner can start: anything but this machine's default socket.
foreign_endpoint() {
  local host=${DOCKER_HOST:-}
  if [[ -z $host ]] && has docker; then
    host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
  fi
  case $host in
    '' | unix:///var/run/docker.sock | unix:///run/docker.sock) return 1 ;;
    *) printf '%s' "$host" ;;
  esac
}

explain_missing_engine() {
  if ! has dockerd && [[ ! -S /var/run/docker.sock ]]; then
    say 'no Docker engine is installed. Install one (Debian, Ubuntu: sudo apt-get install docker.io;'
    say '  others: https://docs.docker.com/engine/install/), or run this script as root on Debian'
  elif [[ -S /var/run/docker.sock && ! -w /var/run/docker.sock ]]; then
    say 'a Docker engine is there, but this user may not talk to it:'
    say "  sudo usermod -aG docker $(id -un)    (then log in again)"
  else
    say 'the Docker engine is installed but not running. Start it: sudo systemctl start docker'
  fi
  exit 1
}

install_engine() {
  local packages=(docker.io)
  has apt-get || die "no apt-get here: install a Docker engine as https://docs.docker.com/engine/install/ says"
  say 'refreshing the package lists (apt-get update)'
  apt-get update -qq >&2 || say 'apt-get update failed; trying with the lists that are here'
  # From Debian 13 on the client is a package of its own.
  if ! has docker && apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  say "installing ${packages[*]} (apt-get)"
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >&2 ||
    die "apt-get could not install ${packages[*]}"
}

# A killed engine leaves pid files; with the pid gone, or taken by another
# program, they keep the next engine from starting.
remove_stale_pid() {
  local file=$1 program=$2 pid
  [[ -f $file ]] || return 0
  pid=$(tr -cd '0-9' <"$file")
  if [[ -n $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == "$program"* ]]; then return 0; fi
  say "removing the stale pid file $file"
  rm -f "$file"
}

# Polls until the engine answers, gives up after $1 seconds or when process $2 ends.
wait_for_engine() {
  local deadline=$((SECONDS + $1)) pid=${2:-}
  until engine_answers; do
    if [[ -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; then return 1; fi
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.2
  done
}

start_engine() {
  if [[ -d /run/systemd/system ]] && has systemctl && systemctl cat docker.service >/dev/null 2>&1; then
    say 'starting the Docker engine (systemctl start docker)'
    systemctl start docker || die 'systemctl could not start docker: see journalctl -u docker'
    wait_for_engine 60 || die 'the engine does not answer: see journalctl -u docker'
    return
  fi
  local attempt pid
  for attempt in 1 2 3; do
    if [[ -n $(pgrep -x dockerd || true) ]]; then
      say 'a dockerd is already starting; waiting for it'
      if wait_for_engine 30 "$(pgrep -xo dockerd || true)"; then return; fi
    fi
    remove_stale_pid /var/run/docker.pid dockerd
    remove_stale_pid /var/run/docker/containerd/containerd.pid containerd
    remove_stale_pid /var/run/docker/containerd/docker-containerd.pid containerd
    say "starting dockerd in the background (attempt $attempt, log: $DOCKERD_LOG)"
    setsid dockerd >>"$DOCKERD_LOG" 2>&1 </dev/null 9>&- &
    pid=$!
    disown "$pid"
    if wait_for_engine 60 "$pid"; then return; fi
    if kill -0 "$pid" 2>/dev/null; then break; fi # alive but mute: another try would not help
    sleep 1
  done
  say "the engine does not answer; the end of $DOCKERD_LOG:"
  tail -n 15 "$DOCKERD_LOG" >&2
  exit 1
}

ensure_engine() {
  if has docker && engine_answers; then return; fi
  local endpoint
  if endpoint=$(foreign_endpoint); then
    die "the engine at $endpoint does not answer. Start it, or unset DOCKER_HOST / DOCKER_CONTEXT"
  fi
  [[ $(uname -s) == Linux ]] || die 'the Docker engine does not answer. Start Docker Desktop (or another engine) and try again'
  is_root || explain_missing_engine
  if ! has dockerd || ! has docker; then install_engine; fi
  if ! engine_answers; then start_engine; fi
  say 'the engine answers'
}

# --------------------------------------------------------------- plugins

# Runs a quiet command in the background and reports that it is still at work.
with_heartbeat() {
  local what=$1 log=$2 start=$SECONDS next=$((SECONDS + 20)) pid
  shift 2
  "$@" >"$log" 2>&1 9>&- &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS >= next)); then
      say "$what: still building ($((SECONDS - start)) s)"
      next=$((SECONDS + 20))
    fi
    sleep 0.5
  done
  wait "$pid"
}

# Builds inside the module's own directory, so that the release's go.mod and
# go.sum decide every version: `go install pkg@version` refuses modules that
# carry replace directives, and a module of ours would resolve anew.
build_plugin() {
  local name=$1 module=$2 version=$3 package=$4 variable=$5 dir plugins log tmp
  has go || die "$name is missing and there is no Go to build it with. Install the $name plugin, or Go 1.26 (https://go.dev/dl/)"
  plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
  if is_root; then plugins=/usr/local/lib/docker/cli-plugins; fi
  [[ ! -e $plugins/docker-$name ]] || die "$plugins/docker-$name is there but does not run; remove it and try again"
  say "building $name $version from source into $plugins (takes 1 to 5 minutes)"
  mkdir -p "$plugins"
  log=$(mktemp)
  tmp=$plugins/.docker-$name.$$
  dir=$(cd / && GOFLAGS='' go mod download -json "$module@$version" 2>"$log" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
  if [[ -z $dir ]] || ! with_heartbeat "$name" "$log" env CGO_ENABLED=0 GOFLAGS='' GOWORK=off \
    go build -C "$dir" -trimpath -mod=readonly -buildvcs=false \
    -ldflags "-s -w -X $module/$variable=$version" -o "$tmp" "$package"; then
    tail -n 15 "$log" >&2
    rm -f "$tmp" "$log"
    die "building $name failed (see above)"
  fi
  mv "$tmp" "$plugins/docker-$name"
  rm -f "$log"
  say "$name $version is ready"
}

ensure_plugins() {
  compose_answers || build_plugin compose "$COMPOSE_MODULE" "$COMPOSE_VERSION" ./cmd internal.Version
  buildx_answers || build_plugin buildx "$BUILDX_MODULE" "$BUILDX_VERSION" ./cmd/buildx version.Version
}

# ------------------------------------------------------------------ main

lock() {
  local file=${XDG_RUNTIME_DIR:-$HOME}/.devpm-ensure-docker.lock
  if is_root && [[ -d /run ]]; then file=/run/devpm-ensure-docker.lock; fi
  if [[ ! -w ${file%/*} ]]; then file=${TMPDIR:-/tmp}/devpm-ensure-docker.$(id -u).lock; fi
  if ! has flock; then return; fi # no flock outside of Linux, and nothing to start there either
  exec 9>"$file"
  if ! flock -n 9; then
    say 'another run is at work; waiting for it'
    flock -w 900 9 || die "another run has held $file for 15 minutes"
  fi
}

if all_answer; then
  check_compose_age
  exit 0
fi
lock
ensure_engine
ensure_plugins
check_compose_age
all_answer || die 'docker, docker compose or docker buildx still does not answer'
say "docker $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short), buildx $BUILDX_VERSION"
