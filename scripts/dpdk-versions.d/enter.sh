#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Go into a chroot of chroot.sh and check sluice there. In mount, PID, network and IPC namespaces of its own: what is mounted is
# gone with the last process. Only the build trees can be written to, and what is in memory.
#
#   enter.sh CHROOT TREE CLANG_TREE -- [OPTION of meson setup...]
set -euo pipefail
root=$1
exec 9<"$root/complete"
flock --shared 9 # while this is held, nobody removes it
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --bind /dev "$root/dev"
for directory in dev/shm tmp run; do
	mount -t tmpfs tmpfs "$root/$directory"
done
mount --bind . "$root/sluice"
mount -o remount,bind,ro "$root/sluice"
for tree in "$2" "$3"; do
	mount --bind "$tree" "$root/sluice/$tree"
done
ip link set lo up
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/tmp FUZZ_SECONDS="${FUZZ_SECONDS:-5}" \
	SLUICE_CHROOT="$root" /sluice/scripts/dpdk-versions.d/check.sh "${@:2}"
