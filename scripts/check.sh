#!/usr/bin/env bash
# Everything that has to hold, cheap first. Sets up what it needs on a bare Debian-like machine.
# --long: with more of what is left to chance, as 200 kills of the server instead of 40.
set -euo pipefail
if [ "${1:-}" = --long ]; then export CHALKTALK_LONG=1; fi
cd "$(dirname "$0")/.."

# What the window loads at run time, and a display, a mouse and a camera for its test.
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  packages="libxcursor1 libxi6 libxkbcommon-x11-0 libegl1 libgl1-mesa-dri xvfb xdotool imagemagick podman runc catatonit iproute2"
  # shellcheck disable=SC2086
  dpkg -s $packages >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq $packages >/dev/null; }
fi

echo "== format"
cargo fmt --check
echo "== clippy"
cargo clippy --locked --all-targets -- -D warnings
echo "== tests"
# All but the real window, which needs a display.
cargo test --locked --tests
echo "== the real window"
scripts/window-test.sh --locked
echo "== one play on services and in a pod"
scripts/pod-test.sh --if-possible
echo "== the core builds without the window"
cargo check --locked --no-default-features --features run
echo "all is well"
