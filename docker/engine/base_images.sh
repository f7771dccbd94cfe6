#!/usr/bin/env bash
# The official images that ours begin with: pulled where a registry is reached; else stand-ins of the same layout, made of Debian's packages
# and this machine's CPython 3.11. Needs root and Debian 12 for the latter. FOLDER holds what is made on the way.
set -euo pipefail
folder=${1:?folder}
here=$(dirname "$(readlink -f "$0")")
python=python:3.11-slim-bookworm postgres=postgres:18

is_here() { docker image inspect "$1" >/dev/null 2>&1 || timeout 120 docker pull --quiet "$1" 2>/dev/null; }

if ! is_here "$python"; then
  echo "no registry is reached: making a stand-in for $python"
  root="$folder/base" certificates=/etc/ssl/certs/ca-certificates.crt sources=/etc/apt/sources.list.d/debian.sources
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates,netbase,tzdata bookworm "$root" "$(awk '/^URIs:/{print $2; exit}' $sources)" >/dev/null
  tar -C "$(python3.11 -c 'import sys; print(sys.base_prefix)')" -c --exclude='lib/python3.11/site-packages' --exclude='lib/python3.11/test' \
    --exclude=__pycache__ --exclude='*.a' bin lib include | tar -C "$root/usr/local" -x
  rm -f "$root"/usr/local/bin/pip*
  mkdir -p "$root/usr/local/lib/python3.11/site-packages"
  cp /etc/resolv.conf "$root/etc/"
  cp $certificates "$root$certificates"
  cp $sources "$root$sources"
  : > "$root/etc/apt/sources.list"
  chroot "$root" bash -c 'set -e; ldconfig; apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    libsqlite3-0 libreadline8 libffi8 libssl3 libbz2-1.0 liblzma5 libncursesw6 libexpat1 libuuid1; python3.11 -m ensurepip; \
    cd /usr/local/bin; ln -sf pip3.11 pip; ln -sf python3.11 python3; ln -sf python3 python' >/dev/null
  tar -C "$root" -c . | docker import --change 'CMD ["python3"]' --change "ENV LANG=C.UTF-8 SSL_CERT_FILE=$certificates PIP_CERT=$certificates \
    PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin" - "$python" >/dev/null
  rm -rf "$root"
fi
if ! is_here "$postgres"; then
  echo "making a stand-in for $postgres"
  DOCKER_BUILDKIT=0 docker build --quiet --tag "$postgres" --file "$here/postgres.Dockerfile" "$here" >/dev/null
fi
