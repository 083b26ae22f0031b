#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Process 1 of a vm-lab guest. A shell on the first serial port, an agent on the second: it reads lines of
# "TOKEN BASE64", runs the decoded shell script, and frames its output by the token; guest.py is the other end.
export PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C PYTHONDONTWRITEBYTECODE=1
chmod 755 / # EAL refuses plugins below a directory that everybody may write to
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /dev/hugepages
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t hugetlbfs hugetlbfs /dev/hugepages
ip link set lo up
modprobe virtio_pci
modprobe virtio_net

agent()
{
	stty -F /dev/ttyS1 raw -echo 115200
	last=
	while read -r token script; do
		# sent again, as the answer was late; run once
		case $token in '' | "$last") continue ;; esac
		last=$token
		printf '<%s\n' "$token"
		printf '%s' "$script" | base64 -d >/run/agent.script
		sh /run/agent.script </dev/null 2>&1
		printf '\n>%s %d\n' "$token" $?
	done
}

while :; do
	agent </dev/ttyS1 >/dev/ttyS1
done &

cd /root || exit
while :; do
	setsid cttyhack sh -l
	sleep 1
done
