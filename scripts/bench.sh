#!/usr/bin/env bash
# Measures what the product promises, and prints each figure beside its limit or its peer in the same run.
# Exits with 1 if one is missed. Quote figures from a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "bench: python3 is missing, it prints the table: apt-get install python3" >&2; exit 2; }

began=$(mktemp)
trap 'rm -f "$began"' EXIT
cargo bench --locked --bench engine --bench lang --bench scene --bench runner --bench canvas --bench typing
kept=0
python3 scripts/bench_table.py "${CARGO_TARGET_DIR:-target}/criterion" "$began" || kept=1
# Calls of another process beside raw tonic, and the journal: prints lines of the same table.
cargo bench --locked --quiet --bench calls || kept=1
# Steps in this process.
cargo bench --locked --quiet --bench steps || kept=1
# A record of a million events.
cargo bench --locked --quiet --bench replay || kept=1
# A million runs that wait. About a minute, and 1 GB of disk.
cargo bench --locked --quiet --bench parked || kept=1
exit $kept
