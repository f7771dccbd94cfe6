#!/usr/bin/env bash
# Makes docker/.env (or ENV_FILE), which compose reads: keys and passwords that nobody has to know. `docker/write_env.sh demo` also labels the data as simulated.
set -euo pipefail
file=${ENV_FILE:-$(dirname "$0")/.env}
[ ! -e "$file" ] || { echo "$file is there already; its keys belong to the volumes, so it stays as it is"; exit 0; }
umask 077
cat > "$file" <<END
POSTGRES_PASSWORD=$(openssl rand -hex 16)
S3_ACCESS_KEY=$(openssl rand -hex 8)
S3_SECRET_KEY=$(openssl rand -hex 16)
AIRFLOW_FERNET_KEY=$(openssl rand -base64 32 | tr '+/' '-_')
AIRFLOW_JWT_SECRET=$(openssl rand -hex 64)
AIRFLOW_SECRET_KEY=$(openssl rand -hex 32)
CLIENT_KEY_SECRET=$(openssl rand -hex 32)
SLACK_BOT_TOKEN=xoxb-$(openssl rand -hex 8)
END
if [ "${1:-}" = demo ]; then
  printf '%s\n' 'DATA_LABEL=simulated data' 'RELEASE_CALENDAR=/data/demo/release_calendar.csv' >> "$file"
fi
echo "$file written"
