#!/usr/bin/env bash
# Shows the program at work: starts a server, deploys Examples/hello through it as one would from another machine, and machines of this one that
# become servers (Examples/local-servers), and stops it all again.
# The projects use Terraform's builtin provider only: nothing is created outside this machine, and nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

slipway=$PWD/.build/release/slipway
[ -x "$slipway" ] || { echo "build the program first: make build" >&2; exit 1; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/slipway-demo.XXXXXX")
data=$scratch/data
# Runs work in memory, in a folder that is named after the data folder and is empty after them.
runs=/dev/shm/slipway-$(printf %s "$data" | sha256sum | cut -c 1-16)
server=
cloud=
finish() {
    local process
    for process in $server $cloud; do
        if kill -TERM "$process" 2>/dev/null; then wait "$process" || true; fi
    done
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

# Machines with Docker need root, for their networks and their daemons.
if [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null && [ -x /usr/sbin/sshd ]; then
    printf '\n# A cloud of our own: its machines are real sshd processes with addresses and Docker.\n'
    printf '$ slipway local-cloud --listen 127.0.0.1:0 --docker shared\n'
    SLIPWAY_DATA=$data "$slipway" local-cloud --listen 127.0.0.1:0 --docker shared --json >"$scratch/cloud.log" 2>&1 &
    cloud=$!
    for _ in $(seq 300); do
        grep -q '"type":"listening"' "$scratch/cloud.log" && break
        kill -0 "$cloud" 2>/dev/null || break
        sleep 0.1
    done
    TF_VAR_local_cloud=$(sed -n 's|.*"local_cloud":"\([^"]*\)".*|\1|p' "$scratch/cloud.log" | sed 's|\\/|/|g' | head -n 1)
    [ -n "$TF_VAR_local_cloud" ] || { cat "$scratch/cloud.log" >&2; echo "the local cloud didn't start" >&2; exit 1; }
    export TF_VAR_local_cloud
    show "Two machines, each registered as a server: SSH, key, Docker and health are checked." \
        deploy Examples/local-servers --project machines --var servers=2 --auto-register --auto-approve
    show "They are ready for work." server list
    show "Destroyed, they are no servers any more." destroy --project machines --auto-approve
    show "None is left." server list
else
    printf '\n# Machines that become servers need root, sshd and dockerd; docs/local-cloud.md shows them.\n'
fi

printf '\n# The server stops when it is told to, and what is under way comes to a good end.\n$ kill -TERM %s\n' "$server"
kill -TERM "$server"
wait "$server" || { cat "$scratch/server.log" >&2; echo "the server didn't end well" >&2; exit 1; }
server=
printf '\nThe demo took %d seconds; its data folder %s is removed.\n' "$SECONDS" "$data"
