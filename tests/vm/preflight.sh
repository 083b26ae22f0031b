#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   no client: what is wrong with the NICs and the machine, one thing after the other, each named with its remedy; then, with
#   everything granted, an ordinary user runs sluice on vfio-pci
. "$(dirname "$0")/_lib.sh"

needs virtio
lab_up pci
vm_boot
guest "ip link set eth0 up; ip link set eth1 up"
vm_configure
vm_copy "$LAB_CONFIG" "$VM_CONFIG"

# refused WHAT PATTERN [COMMAND...]: --check ends with 2 and says so. The command runs sluice.
refused()
{
	local what=$1 pattern=$2 out status=0
	shift 2
	out=$(guest "$* sluice --check --config $VM_CONFIG 2>&1") || status=$?
	if ((status != 2)) || ! grep -Eq "$pattern" <<<"$out"; then
		echo "$out"
		fail "$what: exit status $status, expected 2 and /$pattern/"
	fi
	grep -E -m 1 "$pattern" <<<"$out"
}

accepted()
{
	local out
	out=$(guest "$* sluice --check --config $VM_CONFIG 2>&1") || { echo "$out"; fail "--check with all in order"; }
}

a=${VM_PCI[0]} b=${VM_PCI[1]}
refused "kernel driver" "$a: bound to the kernel driver virtio-pci \(interface eth0\); remedy: .ip link set dev eth0 down && modprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci $a"
guest "ip link set dev eth0 down; dpdk-devbind.py --unbind $a"
refused "no driver" "$a: bound to no driver; remedy: .modprobe vfio-pci"
guest "ip link set dev eth1 down"
vm_bind vfio-pci
accepted
guest "umount /dev/hugepages"
refused "no hugetlbfs" "no hugetlbfs is mounted; remedy: .*mount -t hugetlbfs"
guest "mount -t hugetlbfs hugetlbfs /dev/hugepages; echo 0 >/proc/sys/vm/nr_hugepages"
refused "no hugepages" "[0-9]+ MiB needed, 0 MiB free .*remedy: .sysctl -w vm.nr_hugepages=[0-9]+"
guest "echo 256 >/proc/sys/vm/nr_hugepages"

# An ordinary user: first with nothing, then with what the messages ask for.
user="setpriv --reuid=1000 --regid=1000 --clear-groups env XDG_RUNTIME_DIR=/run/user"
guest "mkdir -p /run/user; chown user:user /run/user; chmod 644 $VM_CONFIG; chmod 755 /run"
refused "the group's file" "$a: no permission for /dev/vfio/[0-9]+; remedy: run sluice as root, or .chown .USER /dev/vfio/[0-9]+" "$user"
refused "locked memory" "MiB must be locked in memory, the limit is [0-9]+ MiB; remedy: .ulimit -l unlimited" "ulimit -l 1024; $user"
refused "hugepage files" "no permission to write to /dev/hugepages; remedy" "$user"
guest "chown user:user /dev/vfio/[0-9]*; umount /dev/hugepages; mount -t hugetlbfs -o uid=1000,gid=1000,mode=700 hugetlbfs /dev/hugepages"
accepted "ulimit -l unlimited; $user"
vm_run_sluice_by "ulimit -l unlimited; exec $user"
vm_answers
guest "grep -q '^Uid:.1000' /proc/\$(cat /run/sluice.pid)/status" || fail "sluice does not run as the user"
guest "$user dpdk-telemetry.py -f $LAB_PREFIX </dev/null >/dev/null; echo /sluice/conservation | $user dpdk-telemetry.py -f $LAB_PREFIX" |
	grep -q '"imbalance_packets": 0' || fail "no telemetry as the user"
vm_stop_sluice || fail "no clean stop as the user"

echo "two things at once, without an IOMMU"
lab_stop qemu
vm_boot --no-iommu
guest "modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci $a" >/dev/null 2>&1 && fail "vfio-pci took a NIC without an IOMMU"
vm_copy "$LAB_CONFIG" "$VM_CONFIG"
refused "no IOMMU" "$a: vfio-pci cannot use it: it has no IOMMU group; remedy: switch the IOMMU on .BIOS, and intel_iommu=on"
refused "still the kernel's" "$b: bound to the kernel driver virtio-pci"
