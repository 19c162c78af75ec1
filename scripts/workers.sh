#!/usr/bin/env bash
# Sets up what the workers in other languages need, once, and prints the Python that runs them.
set -euo pipefail
cd "$(dirname "$0")/.."

venv="${CARGO_TARGET_DIR:-target}/venv"
wanted=assets/workers/python/requirements.txt
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
  {
    rm -rf "$venv"
    if ! python3 -m venv "$venv" 2>/dev/null; then
      # Debian keeps that module in a package of its own.
      if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        echo "python3 with its venv module is needed: install python3-venv" && exit 1
      fi
      apt-get update -qq && apt-get install -y -qq python3 python3-venv >/dev/null
      python3 -m venv --clear "$venv"
    fi
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$venv/requirements.txt"
  } >&2
fi
echo "$(cd "$venv" && pwd)/bin/python"
