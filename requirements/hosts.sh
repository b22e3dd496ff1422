#!/bin/sh
# Sees that there is what the tests need to boot hosts of their own.
for tool in systemd-nspawn mmdebstrap dnsmasq nft ip ssh losetup mkfs.ext4 openssl certutil; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || missing=$tool
done
[ -n "$missing" ] || exit 0
exec "$(dirname "$0")/install_for_tests.sh" "the tests on hosts" systemd-container mmdebstrap dnsmasq-base nftables \
    iproute2 openssh-client e2fsprogs debian-archive-keyring openssl libnss3-tools
