#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Build what a guest boots: a Debian kernel and an initramfs with busybox, python3, the DPDK tools and libraries, and the
# modules for its NICs, all from packages. It is cached by what went in, so it is built once and again when something changed.
#
#   scripts/vm-lab.d/image.sh [PROGRAM...]    prints the directory with "kernel" and "initramfs"
#
# The libraries of the PROGRAMs are in the image, the programs themselves are not: they come as a second archive.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SLUICE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/vm}
modules=(virtio_pci virtio_net vfio-pci vfio_iommu_type1 uio_pci_generic vmxnet3)
# What the daemon loads as plugins: the buses, the default mempool, the drivers of the NICs that QEMU has.
plugins=(bus_pci bus_vdev mempool_ring net_virtio net_e1000 net_vmxnet3)
programs=(/bin/bash /usr/bin/python3 /usr/bin/lspci /usr/bin/ip /usr/bin/ss /usr/bin/setpriv /usr/sbin/modprobe)
scripts=(dpdk-devbind.py dpdk-telemetry.py)
export LC_ALL=C

die()
{
	echo "vm-lab: $*" >&2
	exit 1
}

# The kernel of this release for virtual machines: name and version of the package.
kernel_package()
{
	local name
	name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '$1 == "Depends:" { print $2 }')
	[[ -n $name ]] || die "apt knows no linux-image-cloud-amd64, which the guest boots; is this Debian on amd64, and apt-get update done?"
	apt-cache show --no-all-versions "$name" | awk '$1 == "Package:" { p = $2 } $1 == "Version:" { print p, $2 }'
}

# Every file of the base image, one a line: what programs given need, too, but not themselves.
base_files()
{
	local name path all=("$@") dpdk found=()
	# The directory that EAL was built to load plugins from; its names are links to the libraries proper.
	dpdk=$(find /usr/lib -maxdepth 3 -type d -path '*/dpdk/pmds-*' | sort -V | tail -n 1)
	[[ -n $dpdk ]] || die "no directory of DPDK drivers under /usr/lib; install DPDK with: scripts/packages install build lab"
	for name in "${plugins[@]}"; do
		mapfile -t found < <(find "$dpdk" -name "librte_$name.so.*.*")
		[[ ${#found[@]} -gt 0 ]] || die "DPDK has no driver $name in $dpdk"
		all+=("${found[@]}")
	done
	for name in "${scripts[@]}"; do
		path=$(command -v "$name") || die "$name is missing; install it with: scripts/packages install lab"
		all+=("$path")
	done
	# The C library loads libgcc_s when a thread is cancelled.
	path=$(/sbin/ldconfig -p | awk '$1 == "libgcc_s.so.1" { print $NF }')
	"$here/files.py" "${all[@]}" "${programs[@]}" "$path" /usr/share/misc/pci.ids | grep -Fxv -f <(printf '%s\n' "$@")
}

# One archive of what is below a directory.
archive()
{
	(cd "$1" && find . -mindepth 1 -print0 | sort -z | cpio --quiet -o -0 -H newc -R 0:0)
}

fetch_kernel()
{
	local package=$1 version=$2 work=$3
	echo "vm-lab: fetching $package $version" >&2
	if ! (cd "$work" && apt-get -q -o Acquire::Retries=3 download "$package=$version") >"$work/log" 2>&1 &&
		! (apt-get -q -o Acquire::Retries=3 update && cd "$work" && apt-get -q -o Acquire::Retries=3 download "$package") >"$work/log" 2>&1; then
		cat "$work/log" >&2
		die "apt-get could not download $package"
	fi
	dpkg -x "$work/$package"_*.deb "$work/kernel"
}

# Modules of the kernel in $1 and what they need, into the root directory $2.
copy_modules()
{
	local from=$1 root=$2 version module line path
	version=$(basename "$from"/lib/modules/*)
	depmod -b "$from" "$version"
	for module in "${modules[@]}"; do
		modprobe -d "$from" -S "$version" --show-depends "$module" 2>/dev/null || die "kernel $version has no module $module"
	done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r line; do
		path=/${line#"$from"/}
		mkdir -p "$root$(dirname "$path")"
		case $path in
		*.xz) xz -dc "$line" >"$root${path%.xz}" ;;
		*) cp "$line" "$root$path" ;;
		esac
	done
	cp "$from/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
	depmod -b "$root" "$version"
}

build()
{
	local to=$1 package=$2 version=$3 files=$4 work=$1.work root=$1.work/root path name
	rm -rf "$work"
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,root,etc,var,lib64,usr/{bin,sbin,lib,lib64}}
	rmdir "$root"/{bin,sbin,lib64}
	ln -s usr/bin "$root/bin"
	ln -s usr/sbin "$root/sbin"
	ln -s usr/lib "$root/lib"
	ln -s usr/lib64 "$root/lib64"
	ln -s /run "$root/var/run"
	cpio --quiet -p -d -u "$root" <"$files" 2>/dev/null || die "the files of the image cannot be copied"
	# One copy of each library: EAL's plugins are found where EAL looks, and by their links from everywhere else.
	while read -r path; do
		name=$(basename "$path")
		case $name in
		librte_*.so.*.*) [[ -e $root/usr/lib/$name ]] || ln -sf "$path" "$root/usr/lib/$name" ;;
		esac
	done <"$files"
	install -m 755 "$(command -v busybox)" "$root/usr/bin/busybox"
	for name in $(busybox --list); do
		[[ -e $root/usr/bin/$name || -e $root/usr/sbin/$name ]] || ln -s busybox "$root/usr/bin/$name"
	done
	ln -sf bash "$root/usr/bin/sh" # busybox's own prefers its applets to the programs above
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
	install -m 755 "$here/init.sh" "$root/init"
	fetch_kernel "$package" "$version" "$work"
	copy_modules "$work/kernel" "$root"
	mkdir -p "$to"
	cp "$work"/kernel/boot/vmlinuz-* "$to/kernel"
	archive "$root" >"$to/initramfs"
	rm -rf "$work"
}

# A few images stay: several source trees may share the cache. What is not ours, or is not done, is left alone; builds that were
# interrupted go, as nobody else builds now.
clean_cache()
{
	local name kept=0
	find "$cache" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %f\n' | sort -rn | cut -d ' ' -f 2- | while read -r name; do
		if [[ $name =~ ^[0-9a-f]{16}\.work$ ]] || { [[ $name =~ ^[0-9a-f]{16}$ && -e $cache/$name/complete ]] && ((++kept > 3)); }; then
			rm -rf "${cache:?}/$name"
		fi
	done
}

[[ ${BASH_SOURCE[0]} == "$0" ]] || return 0 # a test has sourced it

mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -r package version < <(kernel_package)
base_files "$@" >"$work/files"
key=$({ echo "$package $version"; cat "$here"/{image.sh,files.py,init.sh}; xargs -d '\n' stat -c '%n %s %Y' <"$work/files"; } | sha256sum | cut -c 1-16)
if [[ ! -e $cache/$key/complete ]]; then
	clean_cache
	build "$cache/$key" "$package" "$version" "$work/files"
	touch "$cache/$key/complete"
fi
echo "$cache/$key"
