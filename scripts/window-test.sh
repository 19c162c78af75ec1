#!/usr/bin/env bash
# Tests the real window on a virtual display with real mouse and key events. Pictures are kept in artifacts/.
# Needs on Debian: apt-get install xvfb xdotool imagemagick libxcursor1 libxi6 libxkbcommon-x11-0
set -euo pipefail
cd "$(dirname "$0")/.."
for need in Xvfb xdotool import; do
  command -v "$need" >/dev/null || {
    echo "window-test: $need is missing: apt-get install xvfb xdotool imagemagick libxcursor1 libxi6 libxkbcommon-x11-0" >&2
    exit 2
  }
done
exec cargo test --test window "$@"
