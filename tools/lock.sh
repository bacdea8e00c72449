#!/bin/sh
# Remake the lock files: exact versions with the hashes of the registry's files, for every Python and system, with no
# address inside. pip and npm take the address from the machine they run on. Options go to uv, such as --upgrade.
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)"
unset PIP_FIND_LINKS UV_FIND_LINKS

lock() {
  output=$1
  shift
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links --output-file "$output" "$@"
}

lock requirements.lock pyproject.toml --group build "$@"
lock requirements-dev.lock pyproject.toml --group dev "$@"
lock requirements-node.lock --group node --no-deps "$@"
lock requirements-redis.lock --group redis --no-deps "$@"
tools/node.sh npm install --package-lock-only --ignore-scripts
