#!/usr/bin/env bash
# A container engine of our own, for machines that run none: Debian's dockerd with its data below FOLDER, and Compose v2 by the Go toolchain
# (Debian's 1.29 knows no `configs: content:`). Needs root and Debian 12. stop_engine.sh FOLDER ends it and restores the machine's network.
set -euo pipefail
folder=${1:?folder}
mkdir -p "$folder"/{data,exec,gobin,config/cli-plugins}
if ! command -v dockerd >/dev/null || ! command -v debootstrap >/dev/null; then
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends docker.io iptables debootstrap >/dev/null
fi
export DOCKER_HOST="unix://$folder/docker.sock" DOCKER_CONFIG="$folder/config"
if ! docker info >/dev/null 2>&1; then
  cat /proc/sys/net/ipv4/ip_forward > "$folder/ip_forward.before"
  iptables-save > "$folder/iptables.before"
  setsid nohup dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/dockerd.pid" -H "$DOCKER_HOST" \
    --storage-driver overlay2 > "$folder/dockerd.log" 2>&1 9>&- &
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && break
    sleep 1
  done
  docker info >/dev/null || { tail -20 "$folder/dockerd.log"; exit 1; }
fi
if ! docker compose version >/dev/null 2>&1; then
  GOBIN="$folder/gobin" go install -trimpath github.com/docker/compose/v2/cmd@v2.29.7
  cp "$folder/gobin/cmd" "$folder/config/cli-plugins/docker-compose"
fi
docker compose version
