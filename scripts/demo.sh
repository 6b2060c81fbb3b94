#!/usr/bin/env bash
# Shows the program at work on Examples/hello, in a data folder that is gone afterwards.
# The project uses Terraform's builtin provider only: nothing is created outside this machine, and nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

slipway=$PWD/.build/release/slipway
[ -x "$slipway" ] || { echo "build the program first: make build" >&2; exit 1; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/slipway-demo.XXXXXX")
export SLIPWAY_DATA=$scratch/data
# Runs work in memory, in a folder that is named after the data folder and is empty after them.
runs=/dev/shm/slipway-$(printf %s "$SLIPWAY_DATA" | sha256sum | cut -c 1-16)
trap 'rm -rf "$scratch"; rmdir "$runs" 2>/dev/null || true' EXIT
unset SLIPWAY_DATABASE_URL SLIPWAY_KEYS SLIPWAY_URL SLIPWAY_TOKEN

# Prints why, then the command as one would type it, then runs it.
show() {
    local why=$1
    shift
    printf '\n# %s\n$ slipway %s\n' "$why" "$*"
    "$slipway" "$@"
}

show "Deploy a project: its resources come up live." \
    deploy Examples/hello --project hello --auto-approve
show "Its outputs; a sensitive one is not shown." outputs --project hello
show "What would another greeting and a fourth worker change? Nothing is touched." \
    plan Examples/hello --project hello --var greeting=Salut --var workers=4
show "Deploy that change." \
    deploy Examples/hello --project hello --var greeting=Salut --var workers=4 --auto-approve
show "Every version of the state is kept, sealed." state versions --project hello
show "Destroy it." destroy --project hello --auto-approve
show "The jobs that did all this." jobs
printf '\nThe demo took %d seconds; its data folder %s is removed.\n' "$SECONDS" "$SLIPWAY_DATA"
