#!/usr/bin/env bash
# Parses every shell script, and lints it where shellcheck is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts=(scripts/*.sh Examples/*/*.sh .ci/run)
for script in "${scripts[@]}"; do bash -n "$script"; done
if command -v shellcheck >/dev/null; then
    shellcheck --severity=style "${scripts[@]}"
    echo "${#scripts[@]} scripts: parsed and linted"
else
    echo "${#scripts[@]} scripts: parsed (shellcheck is not installed: not linted)"
fi
