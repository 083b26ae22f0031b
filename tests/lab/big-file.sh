#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client (curl) --- sluice: 192.0.2.10:80, [2001:db8:1::10]:80 --- nginx, files in one directory
#
# A file down and up again over each family: the same SHA-256. MIB=1024 for the full run.
. "$(dirname "$0")/_lib.sh"

mib=${MIB:-64}
test_lab "${1:-af_packet}"
make_file "$mib"

for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	begin=$SECONDS
	file_down client "http://$vip"
	file_up client "http://$vip"
	echo "$vip: $mib MiB each way in $((SECONDS - begin)) s"
done
conserved
