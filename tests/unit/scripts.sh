#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What scripts clean up is theirs, and nobody's who is just beginning.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "$*" >&2
	exit 1
}

# vm-lab's cache, in a directory that other things are in as well: the three newest images stay.
images_go()
{
	export SLUICE_VM_CACHE=$work/cache
	mkdir "$SLUICE_VM_CACHE"
	local i name
	for i in 1 2 3 4 5; do
		for name in "photos$i" "000000000000000$i"; do
			mkdir "$SLUICE_VM_CACHE/$name"
			touch "$SLUICE_VM_CACHE/$name/complete"
			touch -d "2024-01-0$i" "$SLUICE_VM_CACHE/$name"
		done
	done
	mkdir "$SLUICE_VM_CACHE"/{abcdefabcdefabcd.work,home.work,000000000000000a}
	# shellcheck source=scripts/vm-lab.d/image.sh
	. "$root/scripts/vm-lab.d/image.sh"
	clean_cache
	local left
	left=$(cd "$SLUICE_VM_CACHE" && echo *)
	[[ $left == "0000000000000003 0000000000000004 0000000000000005 000000000000000a home.work photos1 photos2 photos3 photos4 photos5" ]] ||
		fail "the cache has $left"
}

# Who waits for the lock while the last lab goes down has the lock that everybody else has.
lock_stays()
{
	# shellcheck source=scripts/lab-lib.sh
	. "$root/scripts/lab-lib.sh"
	LAB_STATES=$work/states
	lab_use "unit-$$"
	mkdir -p "$LAB_STATE"
	exec 7>"$LAB_STATES/lock"
	lab_down
	[[ ! -e $LAB_STATE ]] || fail "the lab is still there"
	[[ $LAB_STATES/lock -ef /dev/fd/7 ]] || fail "the lock that somebody has open is gone"
}

(images_go)
(lock_stays)
