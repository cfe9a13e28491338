#!/bin/sh
# Makes the cluster on first start, then becomes PostgreSQL.
#
# The cluster is made in $PGDATA/.new and moved into place when it is whole,
# PG_VERSION last. A start that finds no PG_VERSION therefore knows what a
# killed predecessor left: a half-made .new, which is thrown away, or a whole
# one, whose move is finished.
set -eu

die() { echo "entrypoint: $*" >&2; exit 1; }

# NAME from $NAME or from the file that $NAME_FILE names.
from_file() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$file" ]; then
    [ -z "$value" ] || die "$1 and $1_FILE are both set"
    value=$(cat "$file")
  fi
  eval "$1=\$value"
}

quoted() { printf '%s' "$1" | sed 's/"/""/g'; }

make_cluster() {
  new=$1
  [ -n "$POSTGRES_PASSWORD" ] || [ "$POSTGRES_HOST_AUTH_METHOD" = trust ] ||
    die 'POSTGRES_PASSWORD is not set (or set POSTGRES_HOST_AUTH_METHOD=trust)'
  rm -rf "$new"
  pwfile=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$pwfile"
  if [ -n "$POSTGRES_PASSWORD" ]; then set -- "--pwfile=$pwfile"; else set --; fi
  # As in the official image: inside the container nobody needs a password.
  initdb --no-sync --encoding=UTF8 --auth=trust --username="$POSTGRES_USER" "$@" -D "$new"
  rm -f "$pwfile"
  printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$new/pg_hba.conf"
  printf "\nlisten_addresses = '*'\n" >>"$new/postgresql.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    printf 'CREATE DATABASE "%s" OWNER "%s"\n' "$(quoted "$POSTGRES_DB")" "$(quoted "$POSTGRES_USER")" |
      postgres --single -D "$new" postgres >/dev/null
  fi
  touch "$new/.whole"
}

move_cluster() {
  new=$1
  find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION ! -name .whole -exec mv -t "$PGDATA" {} +
  mv "$new/PG_VERSION" "$PGDATA/"
}

case ${1:-postgres} in
  -*) set -- postgres "$@" ;;
esac
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  find "$PGDATA" ! -user postgres -exec chown postgres:postgres {} +
  chmod 700 "$PGDATA"
  chown postgres:postgres /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

from_file POSTGRES_USER
from_file POSTGRES_PASSWORD
from_file POSTGRES_DB
POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
POSTGRES_HOST_AUTH_METHOD=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -e "$PGDATA/.new/.whole" ]; then
    echo 'entrypoint: an earlier start was cut off; finishing what it began' >&2
  else
    make_cluster "$PGDATA/.new"
  fi
  move_cluster "$PGDATA/.new"
fi
rm -rf "$PGDATA/.new"
unset POSTGRES_PASSWORD
exec "$@"
