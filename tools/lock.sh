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
# npm notes down whom each package asks for money, with their addresses: nothing that is needed to install them.
.venv/bin/python - <<'PYTHON'
import json, pathlib

path = pathlib.Path("package-lock.json")
lock = json.loads(path.read_text())
for package in lock["packages"].values():
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2) + "\n")
PYTHON
