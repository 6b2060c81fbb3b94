#!/usr/bin/env bash
# Tries the Debian package where only a real system shows whether it works: installs it in a virtual machine with systemd and a kernel of its own,
# and lets scripts/try-package-inside.sh deploy, kill, stop, upgrade, reboot and purge there.
#
# The machine is made of Debian's packages, as this machine's apt gets them, and kept in .cache/trial. It has no network. Nothing of it is left
# running or lying about; it computes in emulation, which takes about 15 minutes; ACCELERATOR=kvm is faster where that works.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

package=${1:-$(find .build -maxdepth 1 -name 'slipway_*_amd64.deb' -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n 1 | cut -d' ' -f2-)}
[ -f "$package" ] || stop "There is no package for x86-64: make deb makes it."
for tool in mmdebstrap genext2fs mke2fs debugfs qemu-system-x86_64 dpkg-deb; do
    command -v "$tool" >/dev/null || stop "$tool is missing: make trial installs mmdebstrap, genext2fs, e2fsprogs and qemu-system-x86."
done
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
grep -q '^ID=debian$' /etc/os-release || stop "The machine is made as this one is, which has to be Debian."
terraform=$(command -v "${SLIPWAY_TERRAFORM:-terraform}" || command -v tofu) || stop "Terraform is missing: put it on PATH."

scratch=$(mktemp -d "${TMPDIR:-/tmp}/slipway-trial.XXXXXX")
machine=
finish() {
    if [ -n "$machine" ] && kill -KILL "$machine" 2>/dev/null; then wait "$machine" || true; fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

# What the package needs is in the machine already, so that dpkg can install it without a network.
field() { dpkg-deb --field "$package" "$1" | sed 's/([^)]*)//g; s/ *| *[^,]*//g; s/ //g'; }
include=systemd-sysv,dbus,dbus-user-session,udev,linux-image-cloud-amd64,initramfs-tools,curl,jq,procps,$(field Depends),$(field Recommends)

cat >"$scratch/trial.service" <<'UNIT'
[Unit]
Description=The trial of the package

[Service]
ExecStart=/bin/sh -c 'mkdir -p /trial; mount -o ro /dev/vdb /trial && exec bash /trial/try-package-inside.sh'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1

[Install]
WantedBy=multi-user.target
UNIT

# Makes the system's disk, its kernel and its first file system, once for one list of packages.
cache=.cache/trial/$(cat "$scratch/trial.service" - <<<"$codename $include" | sha256sum | cut -c 1-16)
if ! [ -d "$cache" ]; then
    echo "Making a machine of $codename (a few minutes, once)."
    # As this machine's apt is configured; its hooks are not for a small system.
    apt-config dump | grep -E '^Acquire::(Check-|http|https|ForceIPv)' >"$scratch/apt.conf" || true
    sources=()
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        if [ -s "$file" ]; then sources+=("$file"); fi
    done
    mmdebstrap --quiet --variant=minbase --aptopt="$scratch/apt.conf" --include="$include" \
        --customize-hook="upload $scratch/trial.service /etc/systemd/system/trial.service" \
        --customize-hook="chroot \"\$1\" systemctl --quiet enable trial.service" \
        "$codename" "$scratch/root.ext2" "${sources[@]}" || stop "mmdebstrap could not make the machine: see above."
    truncate --size 4G "$scratch/root.ext2"
    { e2fsck -fy "$scratch/root.ext2" || [ $? -le 1 ]; } >/dev/null 2>&1
    # A journal, as every real disk has one: this one loses its power.
    { tune2fs -j "$scratch/root.ext2" && resize2fs "$scratch/root.ext2"; } >/dev/null 2>&1
    for file in vmlinuz initrd.img; do
        name=$(debugfs -R 'ls -p /boot' "$scratch/root.ext2" 2>/dev/null | cut -d/ -f6 | grep "^$file-" | head -n 1)
        debugfs -R "dump /boot/$name $scratch/$file" "$scratch/root.ext2" 2>/dev/null
    done
    mkdir -p "$cache.new"
    mv "$scratch/root.ext2" "$scratch/vmlinuz" "$scratch/initrd.img" "$cache.new/"
    mv "$cache.new" "$cache"
fi

# The second disk: what is tried. The second package differs from the first one by its version alone.
disk=$scratch/disk
mkdir "$disk"
cp "$package" "$disk/first.deb"
dpkg-deb --raw-extract "$package" "$scratch/second"
sed -i 's/^Version: .*/&+trial/' "$scratch/second/DEBIAN/control"
dpkg-deb --root-owner-group --build "$scratch/second" "$disk/second.deb" >/dev/null
cp "$terraform" "$disk/terraform"
cp scripts/try-package-inside.sh "$disk/"
cp Examples/hello/main.tf "$disk/hello.tf"
cat >"$disk/spy.tf" <<'TERRAFORM'
resource "terraform_data" "spy" {
  provisioner "local-exec" {
    command = <<-SHELL
      for place in /var/lib/slipway /etc/slipway /root /home /run /var/log; do
        ! ls "$place" 2>/dev/null | grep . || exit 1
      done
      test "$(ls -d /proc/[0-9]* | wc -l)" -lt 12
    SHELL
  }
}
TERRAFORM
cat >"$disk/hog.tf" <<'TERRAFORM'
resource "terraform_data" "hog" {
  provisioner "local-exec" {
    command = "tail /dev/zero"
  }
}
TERRAFORM
cat >"$disk/swarm.tf" <<'TERRAFORM'
resource "terraform_data" "swarm" {
  provisioner "local-exec" {
    command = "while :; do sleep 100 & done"
  }
}
TERRAFORM
mke2fs -q -t ext4 -d "$disk" "$scratch/disk.ext4" 512M >/dev/null

echo "Starting the machine with $package."
# snapshot=on: what it writes is thrown away with it.
nice qemu-system-x86_64 -accel "${ACCELERATOR:-tcg}" -cpu max -smp 1 -m 2048 -nic none -display none -monitor none \
    -kernel "$cache/vmlinuz" -initrd "$cache/initrd.img" -append "root=/dev/vda rw console=ttyS0 loglevel=4" \
    -drive "file=$cache/root.ext2,format=raw,if=virtio,snapshot=on" -drive "file=$scratch/disk.ext4,format=raw,if=virtio,readonly=on" \
    -serial "file:$scratch/console" -serial "file:$scratch/report" &
machine=$!
touch "$scratch/report"
shown=0
end=$((SECONDS + 3600))
running=1
while [ "$running" = 1 ]; do
    sleep 1
    kill -0 "$machine" 2>/dev/null || running=0
    [ $SECONDS -lt $end ] || running=0
    size=$(stat --format %s "$scratch/report")
    tail -c +$((shown + 1)) "$scratch/report" | head -c $((size - shown)) | tr -d '\r'
    shown=$size
done
grep -q '^The package passed' "$scratch/report" || {
    tail -n 15 "$scratch/console" >&2
    stop "The package did not pass; the last lines of the machine's console stand above."
}
