#!/usr/bin/env bash
# Shows the program at work on Examples/hello: starts a server, deploys through it as one would from another machine, and stops it again.
# The project uses Terraform's builtin provider only: nothing is created outside this machine, and nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

slipway=$PWD/.build/release/slipway
[ -x "$slipway" ] || { echo "build the program first: make build" >&2; exit 1; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/slipway-demo.XXXXXX")
data=$scratch/data
# Runs work in memory, in a folder that is named after the data folder and is empty after them.
runs=/dev/shm/slipway-$(printf %s "$data" | sha256sum | cut -c 1-16)
server=
finish() {
    if [ -n "$server" ] && kill -TERM "$server" 2>/dev/null; then wait "$server" || true; fi
    rm -rf "$scratch"
    rmdir "$runs" 2>/dev/null || true
}
trap finish EXIT
# Nothing of whoever runs this: neither their server nor their login.
unset SLIPWAY_DATABASE_URL SLIPWAY_REDIS_URL SLIPWAY_BACKUP_URL SLIPWAY_KEYS SLIPWAY_URL SLIPWAY_TOKEN SLIPWAY_LISTEN SLIPWAY_WORKERS
export XDG_CONFIG_HOME=$scratch/config

printf '\n# A server with two workers, on a free port of this machine.\n$ slipway serve --listen 127.0.0.1:0 --workers 2\n'
SLIPWAY_DATA=$data "$slipway" serve --listen 127.0.0.1:0 --workers 2 >"$scratch/server.log" 2>&1 &
server=$!
address=
for _ in $(seq 300); do
    address=$(sed -n 's|^listening on \(http://.*\)|\1|p' "$scratch/server.log")
    [ -z "$address" ] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[ -n "$address" ] || { cat "$scratch/server.log" >&2; echo "the server didn't start" >&2; exit 1; }
token=$(sed -n 's|^administrator token: ||p' "$scratch/server.log")
sed 's/slp_[A-Za-z0-9]*/slp_…/' "$scratch/server.log"

# From here on as on another machine: the address and the token are all that the commands have.
export SLIPWAY_URL=$address SLIPWAY_TOKEN=$token SLIPWAY_DATA=$scratch/none

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

printf '\n# The server stops when it is told to, and what is under way comes to a good end.\n$ kill -TERM %s\n' "$server"
kill -TERM "$server"
wait "$server" || { cat "$scratch/server.log" >&2; echo "the server didn't end well" >&2; exit 1; }
server=
printf '\nThe demo took %d seconds; its data folder %s is removed.\n' "$SECONDS" "$data"
