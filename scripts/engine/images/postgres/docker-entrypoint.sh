#!/bin/bash
set -Eeuo pipefail

[ "${1:0:1}" = '-' ] && set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chmod 700 "$PGDATA" && chown -R postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
query() { psql --no-psqlrc --set ON_ERROR_STOP=1 --quiet --no-password --username "$user" "$@"; }

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD' >&2
    exit 1
  fi
  initdb --username "$user" --pwfile <(printf '%s\n' "${POSTGRES_PASSWORD:-}") ${POSTGRES_INITDB_ARGS:-}
  printf 'host all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  # The first server listens on its socket only, so nobody outside meets a half-made database.
  pg_ctl --wait -o "-c listen_addresses=''" start
  [ "$database" = postgres ] || query --dbname postgres --set db="$database" <<< 'CREATE DATABASE :"db";'
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) query --dbname "$database" --file "$file" ;;
      *.sh) . "$file" ;;
    esac
  done
  pg_ctl --wait --mode fast stop
  echo 'PostgreSQL init process complete; ready for start up.'
fi

exec "$@"
