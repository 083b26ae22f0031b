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
head -c "${mib}M" /dev/urandom >"$LAB_WORK/files/down"
want=$(sha256sum <"$LAB_WORK/files/down")

for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	begin=$SECONDS
	got=$(lab_in client curl -s -S -f -g --max-time 600 "http://$vip/files/down" | sha256sum)
	[[ $got == "$want" ]] || fail "$vip: another file came down"
	lab_in client curl -s -S -f -g --max-time 600 -T "$LAB_WORK/files/down" "http://$vip/files/up" ||
		fail "$vip: upload failed"
	[[ $(sha256sum <"$LAB_WORK/files/up") == "$want" ]] || fail "$vip: another file went up"
	rm "$LAB_WORK/files/up"
	echo "$vip: $mib MiB each way in $((SECONDS - begin)) s"
done
conserved
