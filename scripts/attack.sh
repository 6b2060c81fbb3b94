#!/usr/bin/env bash
# Hostile runs beside honest ones, at random moments, on every way of isolating that this machine has. Arguments go to the campaign.
set -euo pipefail
cd "$(dirname "$0")/.."

campaign() {
    printf '\n=== %s\n' "$*"
    python3 Tests/EndToEndTests/Clients/attacks.py --slipway .build/release/slipway "$@"
}

for sandbox in required preferred; do
    if [ "$(id -u)" = 0 ]; then
        campaign --sandbox "$sandbox" --user 0 "$@"
        # Nobody's number, as an ordinary user has one.
        campaign --sandbox "$sandbox" --user 4242 "$@"
    else
        campaign --sandbox "$sandbox" "$@"
    fi
done
