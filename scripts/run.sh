#!/usr/bin/env bash
# Starts a server with what was built; its data lies below .build unless SLIPWAY_DATA says otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
export SLIPWAY_DATA=${SLIPWAY_DATA:-$PWD/.build/run}
exec .build/release/slipway serve "$@"
