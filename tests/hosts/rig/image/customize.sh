#!/bin/sh
# Turns a fresh root filesystem ($1) into that of a cloud host; run by mmdebstrap.
set -eu
root=$1
here=$(dirname "$0")

# Authorities that the machine trusts beyond the usual ones (a network that inspects TLS), if any.
for certificate in /usr/local/share/ca-certificates/*.crt; do
    [ ! -f "$certificate" ] || cp "$certificate" "$root/usr/local/share/ca-certificates/"
done
chroot "$root" update-ca-certificates >/dev/null 2>&1
chroot "$root" apt-get clean

# cloud-init's user: no password, login by key, sudo without asking.
chroot "$root" useradd --create-home --shell /bin/bash --groups adm,sudo ubuntu
echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/90-cloud-init-users"
chmod 440 "$root/etc/sudoers.d/90-cloud-init-users"
install -d -m 700 "$root/home/ubuntu/.ssh"
chroot "$root" chown ubuntu: /home/ubuntu/.ssh

# What each host must have of its own is written when it is made.
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/etc/resolv.conf" "$root/etc/hostname"
: >"$root/etc/machine-id"

# Alternatives with manual pages fail without their folders, which the path-excludes took away.
for section in 1 5 7 8; do mkdir -p "$root/usr/share/man/man$section"; done

# No console, no devices of its own, no apt that starts behind a test's back.
for unit in console-getty.service getty.target systemd-firstboot.service apt-daily.timer apt-daily-upgrade.timer \
    systemd-udev-trigger.service systemd-udevd.service systemd-udev-settle.service \
    systemd-networkd-wait-online.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
printf 'Acquire::Check-Valid-Until "false";\nAcquire::Languages "none";\n' >"$root/etc/apt/apt.conf.d/99rig"

install -D -m 755 "$here/first-process.sh" "$root/usr/local/sbin/rig-first-process"
install -D -m 755 "$here/mount-units.sh" "$root/usr/local/lib/systemd/system-generators/rig-mount-units"

if [ -d "$root/usr/share/netfilter-persistent" ]; then
    install -D -m 640 "$here/oci-rules.v4" "$root/etc/iptables/rules.v4"
fi
