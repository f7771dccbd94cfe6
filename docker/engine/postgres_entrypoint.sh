#!/bin/bash
# The official image's order: a temporary server on the socket alone, the scripts of /docker-entrypoint-initdb.d, stop, start.
set -euo pipefail
export PGDATA=${PGDATA:-/var/lib/postgresql/18/docker}
programs=/usr/lib/postgresql/15/bin
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres: /var/lib/postgresql /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  $programs/initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-host=scram-sha-256 --auth-local=trust >/dev/null
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  $programs/pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  sql=(psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc)
  [ "${POSTGRES_DB:-postgres}" = postgres ] || "${sql[@]}" --dbname postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
  for script in /docker-entrypoint-initdb.d/*.sql; do
    "${sql[@]}" --dbname "$POSTGRES_DB" -f "$script"
  done
  $programs/pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec $programs/postgres -c listen_addresses='*'
