#!/bin/sh
# A systemd generator. In a container systemd passes over the lines of /etc/fstab that name a device, since there is
# no udev to announce it. This makes the mount units of those that name a filesystem on a disk below /dev/oracleoci,
# with the options that are written there, as systemd does on a real host.
units=$1
[ -d /dev/oracleoci ] || exit 0
while read -r what where type options _; do
    case "$what" in UUID=*) uuid=${what#UUID=} ;; *) continue ;; esac
    for disk in /dev/oracleoci/*; do
        [ "$(blkid -p -o value -s UUID "$disk")" = "$uuid" ] || continue
        unit=$(systemd-escape --path --suffix=mount "$where")
        printf '[Unit]\nSourcePath=/etc/fstab\nBefore=local-fs.target\n\n[Mount]\nWhat=%s\nWhere=%s\nType=%s\nOptions=%s\n' \
            "$disk" "$where" "$type" "$options" >"$units/$unit"
        mkdir -p "$units/local-fs.target.wants"
        ln -sf "../$unit" "$units/local-fs.target.wants/$unit"
    done
done </etc/fstab
exit 0
