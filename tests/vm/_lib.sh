# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# For tests/vm/*.sh: what tests/lab/_lib.sh is for those of tests/lab, with sluice in a virtual machine. A test's head may
# have "# quick: a b" beside its variants: those also run when scripts/test is given no part.
# shellcheck source=../lab/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/_lib.sh"
# shellcheck source=../../scripts/vm-lab.d/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/vm-lab.d/lib.sh"

vm_finish()
{
	local status=$?
	set +e
	if ((status != 0 && status != 77)); then
		echo "---- QEMU, the guest's console"
		tail -n 20 "$LAB_STATE"/vm/{qemu,console}.log
		echo "---- the guest: sluice's log, the kernel's"
		guest 10 "tail -n 40 $VM_LOG; dmesg | tail -n 20"
	fi
	(exit "$status")
	test_finish
}
trap vm_finish EXIT

# needs NIC: skip the test where this machine has no such NIC to offer.
needs()
{
	local lacking
	lacking=$(vm_missing "$1")
	[[ -z $lacking ]] || skip "$lacking"
}

# vm_test "BOOT OPTIONS" [OPTIONS of scripts/lab-config]: a booted guest, NICs bound to vfio-pci, sluice up and answering.
vm_test()
{
	local options
	read -ra options <<<"$1"
	shift
	lab_up pci "$@"
	vm_boot ${options[@]+"${options[@]}"}
	vm_bind vfio-pci
	vm_configure "$@"
	vm_run_sluice
	vm_answers
}

vm_configure()
{
	lab_config --iface "${VM_PCI[0]}" --iface "${VM_PCI[1]}" "$@" >"$LAB_CONFIG"
}

vm_answers()
{
	lab_wait 20 "an answer through 192.0.2.10" lab_answers 192.0.2.10 || fail "no answer over IPv4"
	lab_wait 20 "an answer through 2001:db8:1::10" lab_answers "[2001:db8:1::10]" || fail "no answer over IPv6"
}
