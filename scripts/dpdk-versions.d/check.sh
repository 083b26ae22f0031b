#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# In the chroot: build, tests, fuzz targets, the daemon.
#
#   check.sh TREE CLANG_TREE -- [OPTION of meson setup...]
set -euo pipefail
cd /sluice
tree=$1 clang_tree=$2
shift 3
log=/tmp/log

step()
{
	printf '%4d s  %s\n' "$SECONDS" "$1"
}

# logged COMMAND...: its output is only shown when it fails.
logged()
{
	"$@" >"$log" 2>&1 </dev/null && return
	grep -v ' OK  ' "$log" | tail -n 100 | sed 's/^/    | /'
	echo "dpdk-versions: failed: $*"
	exit 1
}

# build TREE COMPILER [OPTION...]: anew when chroot or options are not those of the last time.
build()
{
	local dir=$1 compiler=$2 made
	shift
	made="$SLUICE_CHROOT $*"
	if [[ ! -f $dir/build.ninja || $(cat "$dir/made-with" 2>/dev/null) != "$made" ]]; then
		find "$dir" -mindepth 1 -delete
		CC=$compiler logged meson setup "$dir" -Dwerror=true "${@:2}"
		echo "$made" >"$dir/made-with"
	fi
	logged ninja --quiet -k 0 -C "$dir"
}

# sluice on two TAP devices: ready, what sluicectl asks is answered, nothing is left behind.
run_daemon()
{
	local output=/tmp/sluice.log pid status=0
	scripts/lab-config --pmd tap --prefix versions >/tmp/sluice.json
	logged "$tree/app/sluice" --check --config /tmp/sluice.json
	"$tree/app/sluice" --config /tmp/sluice.json >"$output" 2>&1 </dev/null &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		if grep -q '^sluice: ready' "$output" || ! kill -0 "$pid" 2>/dev/null; then
			break
		fi
		sleep 0.1
	done
	"$tree/app/sluicectl" --file-prefix versions status | head -n 1 || status=1
	kill -TERM "$pid" || status=1
	wait "$pid" || status=1
	if ((status != 0)) || [[ -n $(ls -A /run/dpdk/versions 2>/dev/null) ]] || ! grep -q 'every packet is accounted for' "$output"; then
		sed 's/^/    | /' "$output"
		echo "dpdk-versions: failed: sluice on TAP devices"
		exit 1
	fi
}

step "DPDK $(pkg-config --modversion libdpdk), gcc $(gcc -dumpfullversion): build${*:+ $*}"
build "$tree" gcc "$@"
step "unit and golden tests"
logged meson test -C "$tree" --no-rebuild --print-errorlogs
sed -n '/^[A-Z][A-Za-z ]*: *[1-9]/s/^/        /p' "$log"
step "sluice on TAP devices"
run_daemon
step "clang $(clang -dumpversion): build, with fuzz targets"
build "$clang_tree" clang -Dfuzz=true -Dbuildtype=debugoptimized
for target in "$clang_tree"/tests/fuzz/fuzz_*; do
	[[ -f $target ]] || continue
	step "${target##*/}"
	mkdir "/tmp/${target##*/}"
	logged "$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 "/tmp/${target##*/}"
done
step "done"
