# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The lab of scripts/lab-lib.sh with sluice in a virtual machine, on real PCI NIC drivers. Sourced by scripts/vm-lab and
# tests/vm/*, after lab-lib.sh, whose sluice and telemetry it takes into the guest.
#
#   NAME-client          NAME-sluice: QEMU                                      NAME-lan (a switch), NAME-backend1..3
#   +----------+         +--------------------------------------------+        +--------------------+
#   |     wan0 |=========| NIC 0 --- guest: vfio-pci, sluice --- NIC 1 |========| uplink  br0  ...   |
#   +----------+   TAP   +--------------------------------------------+  TAP   +--------------------+
#
# QEMU emulates the processor too (TCG): slow, but it works wherever QEMU does, and its NICs, IOMMU and RSS behave like
# hardware. Nothing here says how fast sluice is.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VM_LOG=/run/sluice.log       # in the guest
VM_CONFIG=/run/sluice.json   # in the guest
# shellcheck disable=SC2034 # used by scripts/vm-lab
VM_NICS=(virtio igb e1000e vmxnet3)
# shellcheck disable=SC2034 # used by lab-lib.sh: the guest has hugepages of its own
LAB_NO_HUGE=1

# ---- what there is ----

# What this machine lacks for a guest with such a NIC, and the remedy. Nothing when it is all there; VM_QEMU is the version.
vm_missing()
{
	local nic=$1
	if [[ $(uname -m) != x86_64 ]]; then
		echo "the guest is an x86-64 one, and this machine is not"
	elif ! command -v qemu-system-x86_64 >/dev/null; then
		echo "qemu-system-x86_64 is missing; install it with: scripts/packages install vm"
	elif ! apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1; then
		echo "apt has no linux-image-cloud-amd64, which the guest boots: this is not Debian, or apt-get update has to be run"
	elif [[ $nic == igb ]] && ((VM_QEMU < 8)); then
		echo "QEMU $VM_QEMU has no igb, version 8 has; it comes with: scripts/packages install vm (qemu-system-x86 of the backports)"
	fi
}

VM_QEMU=$(qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')

# -device arguments of one NIC: vm_device NIC NETDEV MAC BUS QUEUES
vm_device()
{
	local common="netdev=$2,mac=$3,bus=$4,id=$2"
	case $1 in
	virtio)
		# RSS from QEMU 8 on: in 7.2 it stalls; without it the TAP device spreads the flows
		printf 'virtio-net-pci,%s,disable-legacy=on,iommu_platform=on,ats=on,host_mtu=%s' "$common" "$VM_MTU"
		(($5 == 1)) || printf ',mq=on,vectors=%d,rss=%s' $(($5 * 2 + 2)) "$( ((VM_QEMU >= 8)) && echo on || echo off)"
		;;
	*) printf '%s,%s' "$1" "$common" ;;
	esac
}

# ---- the guest ----

# vm_boot [--nic NIC] [--queues N] [--cpus N] [--numa N] [--mtu N] [--no-iommu] [--hugepages N] [--isolate CPUS]
# A booted guest with two NICs, whose cables are in the lab. Needs lab_up pci.
vm_boot()
{
	local nic=virtio queues=1 cpus=2 numa=1 iommu=1 hugepages=256 isolate='' image lacking work=$LAB_STATE/vm options=()
	VM_MTU=1500
	while [[ $# -gt 0 ]]; do
		case $1 in
		--nic) nic=$2 ;;
		--queues) queues=$2 ;;
		--cpus) cpus=$2 ;;
		--numa) numa=$2 ;;
		--mtu) VM_MTU=$2 ;;
		--hugepages) hugepages=$2 ;;
		--isolate) isolate=isolcpus=$2 ;;
		--no-iommu) iommu='' ;;
		esac
		[[ $1 == --no-iommu ]] || shift
		shift
	done
	lacking=$(vm_missing "$nic")
	[[ -z $lacking ]] || lab_die "$lacking"
	image=$("$VM_DIR/image.sh" "$(lab_program sluice)" "$(lab_program sluicectl)")
	vm_overlay "$work"
	mapfile -t options < <(vm_machine "$cpus" "$numa" "$iommu"; vm_nics "$nic" "$queues" "$numa")
	lab_spawn qemu "$work/qemu.log" sluice nice -n 5 qemu-system-x86_64 "${options[@]}" \
		-kernel "$image/kernel" -initrd "$work/initramfs" \
		-append "console=ttyS0 quiet panic=-1 hugepages=$hugepages ${iommu:+intel_iommu=on} $isolate" \
		-chardev "socket,id=console,path=$work/console,server=on,wait=off,logfile=$work/console.log" -serial chardev:console \
		-chardev "socket,id=agent,path=$work/agent,server=on,wait=off" -serial chardev:agent \
		-qmp "unix:$work/qmp,server=on,wait=off" -display none -no-reboot -nodefaults
	lab_wait 10 "QEMU to start" vm_started || { cat "$work/qemu.log" >&2; return 1; }
	lab_adopt_taps
	if ! guest 180 "cat /proc/uptime" >"$work/uptime"; then
		cat "$work/qemu.log" "$work/console.log" >&2
		lab_die "the guest does not boot"
	fi
	mapfile -t VM_PCI < <(vm_addresses)
	[[ ${#VM_PCI[@]} -eq 2 ]] || lab_die "the guest has ${#VM_PCI[@]} NICs, not 2"
}

# Our programs as a second archive behind the first: what changes all the time is no reason to build the image anew.
vm_overlay()
{
	local work=$1 program
	mkdir -p "$work/root/usr/local/bin"
	for program in sluice sluicectl; do
		cp "$(lab_program "$program")" "$work/root/usr/local/bin/"
	done
	cp -r "$LAB_ROOT"/scripts/host-setup{,.d} "$work/root/usr/local/bin/"
	rm -rf "$work/root/usr/local/bin/host-setup.d/__pycache__"
	{ cat "$image/initramfs"; (cd "$work/root" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0); } >"$work/initramfs"
	rm -rf "$work/root"
}

vm_machine()
{
	local cpus=$1 numa=$2 iommu=$3 node first last
	printf '%s\n' -accel tcg,thread=multi -cpu max -M q35 -smp "$cpus" -m 1536
	if ((numa > 1)); then
		for ((node = 0; node < numa; node++)); do
			first=$((cpus * node / numa)) last=$((cpus * (node + 1) / numa - 1))
			printf '%s\n' -object "memory-backend-ram,id=memory$node,size=$((1536 / numa))M" \
				-numa "node,nodeid=$node,cpus=$first-$last,memdev=memory$node"
		done
	fi
	[[ -z $iommu ]] || printf '%s\n' -device intel-iommu,intremap=on
}

# Each NIC behind a root port of its own: an IOMMU group of its own, and it can be pulled. With NUMA, on the last node.
vm_nics()
{
	local nic=$1 queues=$2 numa=$3 i names=(wan0 lan0) bus=pcie.0
	if ((numa > 1)); then
		printf '%s\n' -device "pxb-pcie,id=pxb,bus=pcie.0,bus_nr=64,numa_node=$((numa - 1))"
		bus=pxb
	fi
	for i in 0 1; do
		printf '%s\n' -netdev "tap,id=nic$i,ifname=${names[i]},script=no,downscript=no,vhost=off$([[ $nic != virtio ]] || ((queues == 1)) || echo ",queues=$queues")" \
			-device "pcie-root-port,id=port$i,bus=$bus,chassis=$i,slot=$i" -device "$(vm_device "$nic" "nic$i" "02:00:00:00:01:0$i" "port$i" "$queues")"
	done
}

vm_started()
{
	lab_in sluice ip link show lan0 && [[ -S $LAB_STATE/vm/qmp ]]
}

# guest [SECONDS] SCRIPT: run it in the guest, with its output and exit status.
guest()
{
	local seconds=90
	if [[ $1 =~ ^[0-9]+$ ]]; then
		seconds=$1
		shift
	fi
	/usr/bin/python3 "$VM_DIR/guest.py" run "$LAB_STATE/vm/agent" "$seconds" <<<"$*"
}

# vm_qmp COMMAND [KEY=VALUE...]: of QEMU's own.
vm_qmp()
{
	/usr/bin/python3 "$VM_DIR/guest.py" qmp "$LAB_STATE/vm/qmp" "$@"
}

# vm_copy FILE PATH: a small file into the guest.
vm_copy()
{
	guest "base64 -d >$2 <<'END'
$(base64 "$1")
END"
}

# The NICs' PCI addresses in the guest, in the order of their cables.
vm_addresses()
{
	# shellcheck disable=SC2016 # the dollar signs are for the guest
	guest 'for d in /sys/bus/pci/devices/*; do case $(cat $d/class) in 0x0200*) basename $d;; esac; done' | sort
}

# vm_bind DRIVER [ADDRESS...]: with the unmodified dpdk-devbind.py.
vm_bind()
{
	local driver=$1
	shift
	[[ $# -gt 0 ]] || set -- "${VM_PCI[@]}"
	guest "modprobe $driver && dpdk-devbind.py --bind=$driver $*"
}

# ---- sluice in the guest, and what tests ask it ----

# Run sluice with $LAB_CONFIG and wait until it is ready.
vm_run_sluice()
{
	vm_run_sluice_by exec
}

# vm_run_sluice_by exec [COMMAND...]: the same by a command that runs it.
vm_run_sluice_by()
{
	vm_copy "$LAB_CONFIG" "$VM_CONFIG"
	guest "rm -f /run/sluice.status
		(sh -c 'echo \$\$ >/run/sluice.pid; $* sluice --config $VM_CONFIG' >$VM_LOG 2>&1; echo \$? >/run/sluice.status) &"
	guest 120 "until grep -qw ready $VM_LOG || [ -e /run/sluice.status ]; do sleep 0.1; done; [ ! -e /run/sluice.status ]" && return
	echo "lab: sluice did not start:" >&2
	guest "cat $VM_LOG" >&2
	return 1
}

# Ended in order: TERM, and its exit status is 0. What it said is in the log.
vm_stop_sluice()
{
	guest 40 "kill -TERM \$(cat /run/sluice.pid); until [ -e /run/sluice.status ]; do sleep 0.1; done; exit \$(cat /run/sluice.status)"
}

lab_telemetry()
{
	guest "echo $1 | dpdk-telemetry.py -f $LAB_PREFIX"
}

lab_counters()
{
	guest "sluicectl --file-prefix $LAB_PREFIX status; sluicectl --file-prefix $LAB_PREFIX drops" 2>/dev/null || true
}
