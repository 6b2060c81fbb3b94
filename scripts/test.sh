#!/usr/bin/env bash
# Runs the built tests with what they look for in the environment; arguments go to `swift test`.
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

# CI has every tool, so that a test that would skip there fails instead.
[ -z "${CI:-}" ] || export SLIPWAY_REQUIRE_ALL_TOOLS=1

# The tests' own data folders and keys only: nothing of the person who runs them.
unset SLIPWAY_DATA SLIPWAY_DATABASE_URL SLIPWAY_KEYS SLIPWAY_TOKEN SLIPWAY_URL
# Many tests wait for programs more than they compute; all at once they would only wait for each other.
status=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test --skip-build --disable-xctest --parallel --experimental-maximum-parallelization-width "$((3 * $(nproc)))" "$@" 2>&1 |
    tee "$log" || status=$?

# Once more at the end, with the reason behind each, where it is found among a thousand lines.
if [ "$status" -ne 0 ]; then
    failures='^✘ Test .* recorded an issue|[Ff]atal error|Crash: |exited with unexpected signal'
    printf '\nWhat failed:\n'
    { grep -E -A 2 "$failures" "$log" || true; } | grep -E "$failures|^↳" | cut -c 1-600 | head -n 16
fi
exit "$status"
