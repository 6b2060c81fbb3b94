#!/usr/bin/env bash
# Makes .build/slipway_VERSION_ARCH.deb of the release build.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dpkg-deb >/dev/null || {
    echo "dpkg-deb is missing: build the package on Debian or Ubuntu." >&2
    exit 1
}
program=.build/release/slipway
version=$("$program" version --json | sed -nE 's/.*"version" ?: ?"([^"]+)".*/\1/p')
arch=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -D -m 0755 "$program" "$root/usr/bin/slipway"
strip --strip-debug "$root/usr/bin/slipway"
install -D -m 0644 packaging/slipway.service "$root/lib/systemd/system/slipway.service"
install -D -m 0640 packaging/slipway.env "$root/etc/slipway/slipway.env"
install -D -m 0644 LICENSE "$root/usr/share/doc/slipway/copyright"
install -m 0644 README.md CHANGELOG.md "$root/usr/share/doc/slipway/"
install -D -m 0644 -t "$root/usr/share/doc/slipway/docs" docs/*.md
install -D -m 0644 -t "$root/usr/share/doc/slipway/docs/decisions" docs/decisions/*.md
"$program" completions bash | install -D -m 0644 /dev/stdin "$root/usr/share/bash-completion/completions/slipway"
"$program" completions zsh | install -D -m 0644 /dev/stdin "$root/usr/share/zsh/vendor-completions/_slipway"
"$program" completions fish | install -D -m 0644 /dev/stdin "$root/usr/share/fish/vendor_completions.d/slipway.fish"

# The Debian packages of the libraries named on standard input, with commas.
packages() {
    while read -r library; do
        path=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
        for candidate in "$path" "$(readlink -f "$path")" "${path#/usr}"; do
            package=$(dpkg-query -S "$candidate" 2>/dev/null | cut -d: -f1 | head -n 1) && [ -n "$package" ] && echo "$package" && break
        done
    done | sort -u | paste -sd, | sed 's/,/, /g'
}

# What C targets load when it is needed; hiredis is named by its header.
loaded() { grep -ohE '"lib[a-z]+\.so\.[0-9]+"' "$@" | tr -d '"' || true; }
hiredis() { ldconfig -p | awk '$1 ~ /^libhiredis\.so\.[0-9]/ { print $1; exit }'; }

c=Sources/Platform/C
# A server needs the web server's libraries; a database, locks or a bucket elsewhere need the others.
depends=$({ objdump -p "$program" | awk '/NEEDED/ { print $2 }'; loaded $c/CMicroHTTPD/*.c $c/CWslay/*.c; } | packages)
recommends=$({ loaded $c/CPostgres/*.c $c/CCurl/*.c $c/CSSH/*.c; hiredis; } | packages)
mkdir "$root/DEBIAN"
install -m 0755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$root/DEBIAN/"
echo /etc/slipway/slipway.env >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: slipway
Version: $version
Architecture: $arch
Maintainer: Slipway maintainers <maintainers@slipway.invalid>
Depends: $depends, adduser, ca-certificates
Recommends: bubblewrap, slirp4netns, iproute2${recommends:+, $recommends}
Suggests: openssh-server, docker.io
Section: admin
Priority: optional
Installed-Size: $(du -sk "$root" | cut -f1)
Description: Turns Terraform code into running infrastructure
 Runs Terraform in the background, shows every resource as it comes up, keeps
 the state sealed so that it can't be lost, and is a state backend for any
 Terraform. Terraform or OpenTofu 1.6 or newer has to be on the PATH.
CONTROL
file=.build/slipway_${version}_${arch}.deb
dpkg-deb --root-owner-group --build "$root" "$file" >/dev/null
echo "$file"
