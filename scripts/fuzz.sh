#!/usr/bin/env bash
# Looks for bytes that break a promise, so many seconds for each way in. Wants a nightly compiler and cargo-fuzz.
#
#   scripts/fuzz.sh [SECONDS] [TARGET]...
#
# Each starts from the kept corpus. What breaks is written to fuzz/artifacts/TARGET: mend it, and keep the bytes in
# tests/fuzz/corpus/TARGET, which `cargo test --test fuzz` plays again.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-60}"
[ $# -gt 0 ] && shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(play ron expr events journal grpc)

missing=()
command -v cargo-fuzz >/dev/null || missing+=("cargo install cargo-fuzz --locked")
cargo +nightly --version >/dev/null 2>&1 || missing+=("rustup toolchain install nightly --profile minimal")
command -v c++ >/dev/null || missing+=("apt-get install g++   # libFuzzer is C++")
if [ ${#missing[@]} -gt 0 ]; then
  printf 'this is missing, first do:\n' >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 2
fi

failed=()
for target in "${targets[@]}"; do
  # What is found goes into the first folder.
  folders=("fuzz/corpus/$target" "tests/fuzz/corpus/$target")
  case "$target" in
    play) folders+=(plays tests/lang/ok tests/lang/err) ;;
    ron) folders+=(plays) ;;
  esac
  mkdir -p "fuzz/corpus/$target"
  echo "== $target: $seconds s"
  # The code is checked by its own assertions; there is no unsafe code of ours for a sanitizer to watch.
  cargo +nightly fuzz run -s none "$target" "${folders[@]}" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || { echo "these found something: ${failed[*]}" >&2; exit 1; }
echo "nothing was found"
