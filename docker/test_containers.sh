#!/usr/bin/env bash
# Proves the stack in containers, from nothing: `make test-containers`. Builds the images, waits until every service is well, plays the demo's
# five weeks through it (which fails unless exactly the bad release is flagged, by the tables and by the digest), explains the verdict, takes
# everything down and up again and sees that nothing is lost or said twice, looks for secrets where none may be, and runs the fast tests.
# Without an engine it starts one of its own (root, Debian 12) and stops it afterwards; ENGINE_FOLDER says where its data lies.
set -euo pipefail
cd "$(dirname "$0")"
engine=${ENGINE_FOLDER:-/var/tmp/release-health-engine}
began=$SECONDS

say() { printf '%5d s  %s\n' $((SECONDS - began)) "$*"; }

if ! docker info >/dev/null 2>&1 || ! docker compose version >/dev/null 2>&1; then
  export DOCKER_HOST="unix://$engine/docker.sock" DOCKER_CONFIG="$engine/config"
  mkdir -p "$engine"
  engine/start_engine.sh "$engine"
  started_engine=yes
fi

# Keys of this test's own, whatever docker/.env and the shell say: nothing may reach a real Slack or a real landing zone.
export COMPOSE_PROJECT_NAME=release-health-test
unset SLACK_API_URL SLACK_BOT_TOKEN SLACK_CHANNEL RELEASE_CALENDAR DATA_LABEL DIGEST_ROUTING
work=$(mktemp -d)
ENV_FILE="$work/env" ./write_env.sh demo
grep -v '^DATA_LABEL=\|^RELEASE_CALENDAR=' "$work/env" | cut -d= -f2- > "$work/secrets"

compose() { docker compose --env-file "$work/env" --progress quiet "$@"; }
in_stack() { compose exec -T scheduler "$@"; }

finish() {
  status=$?
  [ $status = 0 ] || compose ps --all
  compose --profile demo --profile tests down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true
  rm -rf "$work"
  [ "${started_engine:-no}" = no ] || engine/stop_engine.sh "$engine"
  [ $status = 0 ] || say "FAILED"
  exit $status
}
trap finish EXIT

engine/base_images.sh "$engine"
COMMIT=$(git rev-parse HEAD 2>/dev/null || echo unknown)
export COMMIT
compose build spark-master prepare s3 tests
say "built: $(docker image ls --format '{{.Repository}} {{.Size}}' | grep '^release-health-' | sort -u | paste -sd,)"

compose up --detach --wait --wait-timeout 900
say "every service is healthy"

compose run --rm -T demo
in_stack python -m jobs.explain_release_health --channel beta --version 57.0b8 > "$work/explained"
say "the demo's release is flagged, and explained in $(wc -l < "$work/explained") lines"

in_stack python - < what_is_stored.py > "$work/before"
compose down --timeout 30
compose up --detach --wait --wait-timeout 900
compose run --rm -T demo | tee "$work/again" | tail -5
in_stack python - < what_is_stored.py > "$work/after"
diff "$work/before" "$work/after"
if grep -q 'begin backfill' "$work/again"; then exit 1; fi
say "down and up again: the same $(wc -l < "$work/after") tables and messages"

# No secret in a log, on a command line or in an image.
{
  compose logs --no-color
  for container in $(compose ps --quiet); do docker top "$container" -eo pid,args; done
  for image in executor pipeline local tests; do docker image history --no-trunc "release-health-$image"; docker image inspect "release-health-$image"; done
} > "$work/shown"
if grep -nFf "$work/secrets" "$work/shown"; then exit 1; fi
if in_stack grep -rlFf - /opt/airflow/logs /opt/release-health < "$work/secrets"; then exit 1; fi
[ "$(in_stack id -u)" != 0 ]
say "no secret is shown, and nobody is root"

compose run --rm -T --no-deps tests
say "passed"
