#!/usr/bin/env bash
# Sets up what the workers in other languages need, once, and prints the Python and the Node.js that run them, a line each.
set -euo pipefail
cd "$(dirname "$0")/.."

# One at a time: tests that run side by side ask for the same.
mkdir -p "${CARGO_TARGET_DIR:-target}"
exec 9>"${CARGO_TARGET_DIR:-target}/workers.lock"
flock 9

install() {
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "$1 is needed: install $2" && exit 1
  fi
  # shellcheck disable=SC2086
  apt-get update -qq && apt-get install -y -qq $2 >/dev/null
}

venv="${CARGO_TARGET_DIR:-target}/venv"
worker=assets/workers/python/requirements.txt
# A server that never heard of Chalktalk, for the tests of reflection.
stranger=tests/reflect/requirements.txt
# The schemas that Kubernetes publishes, for the tests of manifests.
schemas=tests/export/requirements.txt
if ! cat "$worker" "$stranger" "$schemas" | cmp -s - "$venv/requirements.txt"; then
  {
    rm -rf "$venv"
    if ! python3 -m venv "$venv" 2>/dev/null; then
      # Debian keeps that module in a package of its own.
      install "python3 with its venv module" "python3 python3-venv"
      python3 -m venv --clear "$venv"
    fi
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$worker" --requirement "$stranger" \
      --requirement "$schemas"
    cat "$worker" "$stranger" "$schemas" >"$venv/requirements.txt"
  } >&2
fi

node=assets/workers/node
if ! cmp -s "$node/package-lock.json" "$node/node_modules/.wanted.json"; then
  {
    command -v npm >/dev/null || install "Node.js with npm" "nodejs npm"
    npm ci --prefix "$node" --no-audit --no-fund --loglevel=error
    cp "$node/package-lock.json" "$node/node_modules/.wanted.json"
  } >&2
fi

echo "$(cd "$venv" && pwd)/bin/python"
command -v node
