#!/usr/bin/env bash
# What scripts/try-package.sh lets the virtual machine do: installs the package and treats it as operators and accidents do.
# Begins anew with each start of the machine, where the last one ended.
set -euo pipefail

disk=/trial
stage_file=/var/lib/slipway-trial
url=http://127.0.0.1:8080
data=/var/lib/slipway
settings=/etc/slipway/slipway.env
export HOME=/root TERM=dumb SYSTEMD_PAGER='' SYSTEMD_COLORS=0 DEBIAN_FRONTEND=noninteractive

ok() { printf '  ✓ %s\n' "$*"; }
part() { printf '\n# %s\n' "$*"; }
give_up() {
    printf '  ✗ %s\n\n' "$*"
    systemctl status slipway.service --no-pager --full || true
    journalctl --unit slipway.service --no-pager --lines 40 || true
    systemctl poweroff --force
    exit 1
}
trap 'give_up "line $LINENO of ${0##*/}: $BASH_COMMAND"' ERR
set -E

# Checks what is said first: `is SENTENCE WANTED GIVEN`.
is() { if [ "$2" = "$3" ]; then ok "$1"; else give_up "$1: not '$2' but '$3'"; fi; }
# Without the progress that dpkg draws on a terminal.
package() { dpkg "$@" | cat; }
shown() { systemctl show slipway.service --property "$1" --value; }

# Waits until a command succeeds: `wait_for SECONDS SENTENCE COMMAND…`; `until_true` says so, too.
wait_for() {
    local end=$((SECONDS + $1)) sentence=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $end ] || give_up "$sentence: not in time"
        sleep 0.5
    done
}
until_true() {
    wait_for "$@"
    ok "$2"
}
answers() { curl --silent --fail --output /dev/null "$url/readyz"; }

ask() {
    local method=$1 path=$2
    shift 2
    curl --silent --show-error --fail --request "$method" --header "Authorization: Bearer $(cat "$HOME/token")" \
        --header 'Content-Type: application/json' "$@" "$url$path"
}
# Deploys a file over the API, so that it goes on after a crash; prints the job.
deploy() {
    jq --null-input --arg project "$1" --rawfile code "$2" '{projectId: $project, iacCode: $code, resumeAfterCrash: true}' |
        ask POST /api/deploy --data @- | jq --raw-output .jobId
}
status() { ask GET "/api/jobs/$1" | jq --raw-output .status; }
has_status() { [ "$(status "$1")" = "$2" ]; }
# An error of the connection is no answer: the server may be on its way.
is_over() { case $(status "$1" 2>/dev/null) in completed | failed | cancelled) true ;; *) false ;; esac; }
completes() {
    wait_for 300 "$2 is over" is_over "$1"
    [ "$(status "$1")" = completed ] || log "$1"
    is "$2 is completed" completed "$(status "$1")"
}
log() { SLIPWAY_DATA=$data slipway logs "$1" 2>/dev/null; }
made() { [ "$(log "$1" | grep -c 'Creation complete')" -ge "$2" ]; }
resources() { SLIPWAY_DATA=$data slipway state list --project "$1" --json | jq length; }
message() { SLIPWAY_DATA=$data slipway outputs message --project hello --json; }
# Starts a deployment of six resources, of which some are made and others are being made when this returns; its id is in `job`.
begin_slow() {
    job=$(deploy "$1" "$HOME/slow.tf")
    until_true 120 "$1: some resources are made, others are on their way" made "$job" 2
}

first_stage() {
    part "A new installation"
    package --install "$disk/first.deb"
    is "it isn't started by itself" inactive "$(systemctl is-active slipway.service || true)"
    is "nor at the next start of the machine" disabled "$(systemctl is-enabled slipway.service || true)"
    is "its data folder is its user's alone" "slipway 700" "$(stat --format '%U %a' $data)"
    install -m 0755 "$disk/terraform" /usr/local/bin/
    printf 'SLIPWAY_SANDBOX=required\nSLIPWAY_WORKERS=2\n' >>$settings

    part "A start"
    systemctl enable --quiet slipway.service
    systemctl start slipway.service
    answers || give_up "it doesn't answer although it is started"
    ok "it answers as soon as it is started"
    is "it is active" active "$(systemctl is-active slipway.service)"
    journalctl --unit slipway.service --output cat | sed -n 's/^administrator token: //p' >"$HOME/token"
    is "the administrator's token is in the journal" slp_ "$(head -c 4 "$HOME/token")"
    is "/healthz answers" 200 "$(curl --silent --output /dev/null --write-out '%{http_code}' $url/healthz)"
    is "no line of the journal is a warning" "" "$(journalctl --quiet --unit slipway.service --priority warning --output cat)"
    systemd-analyze security --no-pager slipway.service | tail -n 1

    part "Deployments, in the sandbox, below the unit's restrictions"
    job=$(deploy hello "$disk/hello.tf")
    completes "$job" "a first deployment over the API"
    log "$job" | grep 'locked into a bubblewrap sandbox' || give_up "no sandbox"
    is "root asks over the socket" '"Hello from 3 workers"' "$(message)"
    job=$(deploy spy "$disk/spy.tf")
    completes "$job" "one that looks for keys, settings and other processes, and finds none,"
    begin_slow cancelled
    ask POST "/api/jobs/$job/cancel" >/dev/null
    until_true 60 "told to stop, it stops" has_status "$job" cancelled
    log "$job" | grep 'Terraform stopped as asked' || give_up "Terraform was not asked"

    part "A run that takes too much memory"
    main=$(shown MainPID)
    systemctl set-property --runtime slipway.service MemoryMax=300M
    job=$(deploy hog "$disk/hog.tf")
    until_true 180 "the run fails" has_status "$job" failed
    systemctl set-property --runtime slipway.service MemoryMax=infinity
    is "the server goes on" "$main" "$(shown MainPID)"

    part "Limits that the kernel keeps"
    groups=/sys/fs/cgroup/system.slice/slipway.service
    is "the server is in a part of its group" server "$(basename "$(cut -d: -f3 "/proc/$(shown MainPID)/cgroup")")"
    begin_slow grouped
    is "a run is in another" 1 "$(find $groups -name 'run-*' | wc -l)"
    is "with limits of its own" "$(((4096 + 2048) << 20)) 2112" "$(cat $groups/run-*/memory.max) $(cat $groups/run-*/pids.max)"
    [ "$(wc -l <"$(echo $groups/run-*)/cgroup.procs")" -gt 1 ] || give_up "nothing runs in it"
    completes "$job" "the deployment"
    until_true 10 "its group is removed" no_runs $groups
    cp --preserve $settings "$HOME/settings"
    printf 'SLIPWAY_RUN_MEMORY=128\nSLIPWAY_RUN_DISK=16\nSLIPWAY_RUN_PROCESSES=100\nSLIPWAY_RUN_PROCESSORS=0.5\n' >>$settings
    systemctl restart slipway.service
    for kind in hog swarm; do
        job=$(deploy $kind "$disk/$kind.tf")
        until_true 180 "a $kind fails" has_status "$job" failed
        ask GET "/api/jobs/$job" | jq --raw-output .errorMessage
        ask GET "/api/jobs/$job" | jq --raw-output .errorMessage | grep --quiet 'than a run may' || give_up "not because of the limit"
    done
    job=$(deploy hello "$disk/hello.tf")
    completes "$job" "an honest one beside them"
    cp --preserve "$HOME/settings" $settings
    systemctl restart slipway.service

    part "An ordinary user, without the service"
    useradd --create-home person
    loginctl enable-linger person
    until_true 60 "the user's manager runs" test -S "/run/user/$(id -u person)/bus"
    as_person slipway doctor | grep 'run limits'
    as_person slipway doctor | grep --quiet 'held by the kernel' || give_up "no control group"
    as_person slipway deploy "$disk/hello.tf" --project own --auto-approve | tail -n 3

    part "A killed server"
    begin_slow killed
    kill -KILL "$(shown MainPID)"
    until_true 60 "systemd starts it again" answers
    is "once" 1 "$(shown NRestarts)"
    completes "$job" "the deployment"
    is "nothing is lost, nothing is there twice" 6 "$(resources killed)"

    part "A restart"
    begin_slow restarted
    systemctl restart slipway.service
    answers || give_up "it doesn't answer although it is started"
    completes "$job" "the deployment"
    is "nothing is lost, nothing is there twice" 6 "$(resources restarted)"

    part "A stop"
    begin_slow stopped
    began=$SECONDS
    systemctl stop slipway.service
    ok "it took $((SECONDS - began)) s"
    is "it came to a good end" "success inactive" "$(shown Result) $(shown ActiveState)"
    is "no process of it is left" "" "$(pgrep --uid slipway || true)"
    systemctl start slipway.service
    completes "$job" "the deployment, after the next start,"
    is "nothing is lost, nothing is there twice" 6 "$(resources stopped)"

    part "Settings that can't work"
    cp --preserve $settings "$HOME/settings"
    echo SLIPWAY_WORKERS=many >>$settings
    if systemctl restart slipway.service; then give_up "the restart should have failed"; fi
    sleep 5
    is "it isn't tried again and again" "failed 0" "$(shown ActiveState) $(shown NRestarts)"
    cp --preserve "$HOME/settings" $settings
    echo SLIPWAY_DATABASE_URL=postgres://slipway@127.0.0.1:1/slipway >>$settings
    if systemctl restart slipway.service; then give_up "the restart should have failed"; fi
    until_true 90 "without its database it is tried more often than systemd does by itself" more_tries_than 6
    cp --preserve "$HOME/settings" $settings
    until_true 60 "it comes up by itself when that is mended" answers

    part "A new version, while a deployment runs"
    begin_slow upgraded
    main=$(shown MainPID)
    package --install "$disk/second.deb"
    answers || give_up "it doesn't answer after the upgrade"
    [ "$main" != "$(shown MainPID)" ] || give_up "the old program still runs"
    ok "the new program runs"
    completes "$job" "the deployment"
    is "nothing is lost, nothing is there twice" 6 "$(resources upgraded)"
    is "the settings are kept" "" "$(diff $settings "$HOME/settings")"

    part "The machine loses its power while a deployment runs"
    next second_stage
    begin_slow powerless
    echo "$job" >"$HOME/job"
    sync "$HOME/job"
    echo b >/proc/sysrq-trigger
    sleep 60
}
no_runs() { [ -z "$(find "$1" -name 'run-*')" ]; }
as_person() {
    systemd-run --quiet --scope --uid person --gid person env HOME=/home/person XDG_RUNTIME_DIR="/run/user/$(id -u person)" \
        PATH="$PATH" SLIPWAY_SANDBOX=required "$@"
}
more_tries_than() { [ "$(shown NRestarts)" -gt "$1" ]; }

second_stage() {
    until_true 120 "it came up with the machine" answers
    completes "$(cat "$HOME/job")" "the deployment"
    is "nothing is lost, nothing is there twice" 6 "$(resources powerless)"
    is "what was there is there" '"Hello from 3 workers"' "$(message)"

    part "The machine is started again, while a deployment runs"
    next third_stage
    begin_slow rebooted
    echo "$job" >"$HOME/job"
    systemctl reboot
    sleep 120
}

third_stage() {
    until_true 120 "it came up with the machine" answers
    completes "$(cat "$HOME/job")" "the deployment"
    is "nothing is lost, nothing is there twice" 6 "$(resources rebooted)"
    systemctl status slipway.service --no-pager --full

    part "The package is removed"
    package --remove slipway
    is "it doesn't run" inactive "$(systemctl is-active slipway.service || true)"
    is "nor at the next start" "" "$(find /etc/systemd/system -name 'slipway*')"
    for file in $data/keyring $data/slipway.sqlite $settings; do [ -s "$file" ] || give_up "$file is gone"; done
    ok "data, keys and settings stay"
    package --install "$disk/second.deb"
    systemctl start slipway.service
    is "installed again, it goes on with them" '"Hello from 3 workers"' "$(message)"

    part "The package is purged"
    package --purge slipway
    [ ! -e /etc/slipway ] || give_up "settings are left"
    for file in $data/keyring $data/slipway.sqlite; do [ -s "$file" ] || give_up "$file is gone"; done
    ok "settings go, data and keys stay"
    is "systemd doesn't know it any more" not-found "$(shown LoadState)"
    is "no process of it is left" "" "$(pgrep --uid slipway || true)"

    printf '\nThe package passed.\n'
    systemctl poweroff
}

# What the next start of the machine begins with.
next() {
    echo "$1" >$stage_file
    sync $stage_file
}

cat >"$HOME/slow.tf" <<'TERRAFORM'
resource "terraform_data" "step" {
  count = 6
  provisioner "local-exec" {
    command = "sleep ${4 * (count.index + 1)}"
  }
}
TERRAFORM
stage=$(cat $stage_file 2>/dev/null || echo first_stage)
"$stage"
