#!/bin/sh
# The first process of a host on a machine with cgroups of version 1. The container shows them read-only, and
# systemd would then take MemoryMax=, TasksMax= and CPUQuota= without a word and without effect; so they are made
# writable first. Beside them it finds cgroup2, which IPAddressDeny= needs.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd /sys/fs/cgroup || exit
mount -o remount,rw,mode=755 /sys/fs/cgroup
for controller in memory pids cpu cpuacct blkio freezer; do
    [ ! -d $controller ] || mount -o remount,bind,rw /sys/fs/cgroup/$controller
done
mkdir -p unified && mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 unified
mount -o remount,bind,ro /sys/fs/cgroup
cd /
exec /lib/systemd/systemd "$@"
