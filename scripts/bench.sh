#!/usr/bin/env bash
# Runs the benchmarks against the release build; arguments go to slipway-bench.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d .venv/bin ] && PATH="$PWD/.venv/bin:$PATH"
for folder in /usr/lib/postgresql/*/bin; do
    [ -d "$folder" ] && PATH="$PATH:$folder"
done
export PATH

SLIPWAY_TEST_PROVIDER_MIRROR=$(scripts/provider-mirror.sh)
export SLIPWAY_TEST_PROVIDER_MIRROR
[ -n "$SLIPWAY_TEST_PROVIDER_MIRROR" ] || unset SLIPWAY_TEST_PROVIDER_MIRROR

exec .build/release/slipway-bench "$@"
