#!/usr/bin/env bash
# Asks the local cloud for a machine, or ends one. bash itself speaks HTTP: a run's sandbox may have no program for it.
# Usage: machine.sh make|end, with LOCAL_CLOUD and REQUEST or ID in the environment.
set -euo pipefail
# Lengths below are of bytes.
export LC_ALL=C

place=${LOCAL_CLOUD#http://}
token=
[[ $place != *@* ]] || token=${place%%@*}
place=${place#*@}
host=${place%:*}

# Sends a request; sets `status` and `body`.
ask() {
    local method=$1 path=$2 content=${3:-} line
    exec 3<>"/dev/tcp/${host//[\[\]]/}/${place##*:}"
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
        "$method" "$path" "$place" "$token" "${#content}" "$content" >&3
    read -r _ status _ <&3
    while read -r line <&3 && [ "$line" != $'\r' ]; do :; done
    body=$(cat <&3)
    exec 3>&-
}

case $1 in
make)
    if ! (exec 3<>"/dev/tcp/${host//[\[\]]/}/${place##*:}") 2>/dev/null; then
        echo "Nobody answers at $place: start slipway local-cloud there, or correct the variable local_cloud." >&2
        exit 1
    fi
    ask POST /machines "$REQUEST"
    if [ "$status" != 201 ]; then
        echo "The local cloud refuses (status $status): $body" >&2
        exit 1
    fi
    ;;
end)
    if ! (exec 3<>"/dev/tcp/${host//[\[\]]/}/${place##*:}") 2>/dev/null; then
        echo "Nobody answers at $place: the local cloud has ended, and all its machines with it."
        exit 0
    fi
    ask DELETE "/machines/$ID"
    ;;
*)
    echo "usage: machine.sh make|end" >&2
    exit 2
    ;;
esac
