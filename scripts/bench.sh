#!/usr/bin/env bash
# Measures what the product promises, and prints each figure beside its limit or its peer in the same run.
# Exits with 1 if one is missed. Quote figures from a machine that does nothing else.
# --readme: writes them into README.md as well.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "bench: python3 is missing, it prints the table: apt-get install python3" >&2; exit 2; }

began=$(mktemp)
lines=$(mktemp)
trap 'rm -f "$began" "$lines"' EXIT
kept=0
row() { "$@" | tee -a "$lines" || kept=1; }

cargo bench --locked --bench engine --bench lang --bench scene --bench runner --bench canvas --bench typing --bench gestures
row python3 scripts/bench_table.py "${CARGO_TARGET_DIR:-target}/criterion" "$began"
# Plays arranged, beside graphviz if that is here.
row cargo bench --locked --quiet --bench layout
# Large plays opened, headless and in the real window, if Xvfb is here.
row cargo bench --locked --quiet --bench opening
# Calls of another process beside raw tonic, and the journal: prints lines of the same table.
row cargo bench --locked --quiet --bench calls
# Steps in this process.
row cargo bench --locked --quiet --bench steps
# A record of a million events.
row cargo bench --locked --quiet --bench replay
# The model checker.
row cargo bench --locked --quiet --bench referee
# A million runs that wait. About a minute, and 1 GB of disk.
row cargo bench --locked --quiet --bench parked
if [ "${1:-}" = --readme ]; then python3 scripts/readme_figures.py README.md <"$lines"; fi
exit $kept
