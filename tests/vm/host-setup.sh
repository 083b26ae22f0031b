#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: root user
#
#   client --- NIC 0 | guest with two NUMA nodes: host-setup, sluice | NIC 1 --- 3 nginx
#
# scripts/host-setup on a machine that is not prepared: nothing without --now, nothing to the NIC with the default route, all
# that a configuration needs with it, and everything as it was after undo. The same for an ordinary user.
. "$(dirname "$0")/_lib.sh"

needs virtio
lab_up pci
vm_boot --numa 2 --cpus 3 --hugepages 0
a=${VM_PCI[0]} b=${VM_PCI[1]} state=/var/lib/sluice/host-setup.json
guest "umount /dev/hugepages; ip link set eth0 up; ip addr add 203.0.113.2/24 dev eth0; ip addr add 2001:db8:9::2/64 dev eth0
	ip route add 198.51.100.0/24 via 203.0.113.1; ip link set eth1 mtu 1400 up; ip addr add 203.0.113.130/25 dev eth1"
vm_configure
vm_copy "$LAB_CONFIG" "$VM_CONFIG"

# Everything that host-setup may change, to be compared.
picture()
{
	# an address may still be looked for on the link (tentative)
	guest "dpdk-devbind.py --status-dev net | grep ^0000 | sort; ip -o addr show | sed 's/valid_lft.*//; s/^[0-9]*: //; s/ tentative//' | grep global | sort
		ip -o link show | grep -Eo 'eth[01]: .*[<,]UP[>,].* mtu [0-9]*' | sed 's/<.*>//' | sort; ip route; ip -6 route | grep -v fe80
		cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages; grep hugetlbfs /proc/mounts; lsmod | grep -Eo '^vfio_(pci|iommu_type1) ' | sort
		ls $state 2>&1 | grep -o 'No such file'"
}

picture >"$LAB_WORK/before"
if [[ ${1:-root} == user ]]; then
	guest 180 "host-setup apply --config $VM_CONFIG --user user --now" | grep "huge-dir" || fail "apply for a user"
	sed -i 's|"dpdk": {|"dpdk": { "eal_args": ["--huge-dir", "/run/sluice-hugepages"],|' "$LAB_CONFIG"
	guest "mkdir -p /run/user; chown user:user /run/user; chmod 755 /run"
	vm_run_sluice_by "ulimit -l unlimited; exec setpriv --reuid=1000 --regid=1000 --clear-groups env XDG_RUNTIME_DIR=/run/user"
	vm_answers
	vm_stop_sluice || fail "no clean stop"
	guest 180 "host-setup undo --now" || fail "undo"
	picture | diff "$LAB_WORK/before" - || fail "undo does not put everything back"
	exit 0
fi

echo "show, and a dry run"
guest "host-setup show --config $VM_CONFIG" >"$LAB_WORK/show" || { cat "$LAB_WORK/show"; fail "show"; }
for pattern in "$a .*Virtio" "driver virtio-pci, interface eth0, NUMA node 1, IOMMU group [0-9]" "dmar0" "NUMA node 1: 0, 0 free; CPUs 1-2" \
	"bind $b to vfio-pci with dpdk-devbind.py" "hugepages of 2 MiB on NUMA node 1: [1-9][0-9]* instead of 0" "mount hugetlbfs" \
	"bound to the kernel driver virtio-pci"; do
	grep -q "$pattern" "$LAB_WORK/show" || { cat "$LAB_WORK/show"; fail "show does not say: $pattern"; }
done
guest "host-setup apply --config $VM_CONFIG" | grep "nothing was changed" || fail "the dry run does not say that it was one"
picture | diff "$LAB_WORK/before" - || fail "a dry run changed something"

echo "the default route"
guest "ip route add default via 203.0.113.1"
picture >"$LAB_WORK/before"
guest "host-setup apply --config $VM_CONFIG --now 2>&1" >"$LAB_WORK/out" && fail "took the NIC with the default route"
grep "$a is interface eth0: it carries the default route" "$LAB_WORK/out" || { cat "$LAB_WORK/out"; fail "does not say why it does not"; }
picture | diff "$LAB_WORK/before" - || fail "a refused apply changed something"

echo "apply, sluice, undo"
guest 180 "host-setup apply --config $VM_CONFIG --now --yes-i-know" || fail "apply"
guest "host-setup apply --config $VM_CONFIG --yes-i-know" | grep "nothing: all is there" || fail "a second apply finds something to do"
guest "cat /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages" | grep -qx 0 || fail "hugepages on a node that needs none"
guest "sluice --check --config $VM_CONFIG" >/dev/null || fail "sluice is not content"
vm_run_sluice
vm_answers
conserved
vm_stop_sluice || fail "no clean stop"
guest "host-setup undo" | grep "nothing was changed" || fail "a dry undo does not say so"
guest 180 "host-setup undo --now" || fail "undo"
picture | diff "$LAB_WORK/before" - || fail "undo does not put everything back"
