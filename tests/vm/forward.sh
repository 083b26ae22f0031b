#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: virtio virtio-uio virtio-2 igb igb-uio igb-2 e1000e vmxnet3
# quick: virtio
#
#   client --- NIC 0 | guest: sluice | NIC 1 --- 3 nginx, dnsmasq
#
# scripts/vm-lab from end to end, on each driver: bound by dpdk-devbind.py, HTTP and DNS right, telemetry, clean stop.
. "$(dirname "$0")/_lib.sh"

variant=${1:-virtio} options=()
needs "${variant%%-*}"
case $variant in
*-uio) options=(--driver uio_pci_generic) ;;
*-2) options=(--queues 2) ;;
esac
LAB_NAME=$LAB "$LAB_ROOT/scripts/vm-lab" --nic "${variant%%-*}" ${options[@]+"${options[@]}"}
