#!/usr/bin/env bash
# Stops the engine that start_engine.sh started in FOLDER, and restores forwarding and firewall rules; its images stay for the next time.
set -euo pipefail
folder=${1:?folder}
[ -e "$folder/dockerd.pid" ] || exit 0
pid=$(cat "$folder/dockerd.pid")
kill "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.5; done
ip link delete docker0 2>/dev/null || true
# dockerd leaves its rules behind. Emptied first: where there were none before, restoring would change nothing.
{ printf '*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n*nat\nCOMMIT\n'; } | iptables-restore
iptables-restore < "$folder/iptables.before"
cat "$folder/ip_forward.before" > /proc/sys/net/ipv4/ip_forward
