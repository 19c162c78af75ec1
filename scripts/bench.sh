#!/usr/bin/env bash
# Measures what the product promises; criterion prints each figure. Quote them from a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --locked --no-default-features --bench engine --bench lang --bench scene
cargo bench --locked --bench runner --bench canvas
