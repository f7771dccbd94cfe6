#!/usr/bin/env bash
# Says what to install if Python 3.11 or Java 17 is missing (`check_machine.sh python`: Python alone); silent if all is well.
set -euo pipefail

if ! command -v python3.11 >/dev/null; then
  echo "error: python3.11 was not found. Install it: on Debian or Ubuntu 'apt-get install python3.11 python3.11-venv', on macOS 'brew install python@3.11', anywhere 'pyenv install 3.11'." >&2
  exit 1
fi

[ "${1:-}" != python ] || exit 0

java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
how="Install it: on Debian or Ubuntu 'apt-get install openjdk-17-jre-headless', on macOS 'brew install openjdk@17'; or point JAVA_HOME at one."
if ! command -v "$java" >/dev/null; then
  echo "error: Spark needs Java 17 or newer, and '$java' was not found. $how" >&2
  exit 1
fi
# Java 8 calls itself 1.8.
version="$("$java" -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -1)"
if [ "${version:-0}" -lt 17 ]; then
  echo "error: Spark needs Java 17 or newer, and '$java' is version ${version:-unknown}. $how" >&2
  exit 1
fi
