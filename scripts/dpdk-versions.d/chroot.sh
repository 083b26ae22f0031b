#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Make a chroot of a Debian release with what sluice needs to be built and tested. It is cached by what went in: the versions of
# all packages, this script.
#
#   unshare --mount --pid --fork --mount-proc scripts/dpdk-versions.d/chroot.sh SUITE    prints the chroot's directory
#
# All that comes from the network is fetched by this machine's apt, with its proxies, credentials and certificates, none of
# which the chroot ever sees; but for the base system, which debootstrap fetches itself. Inside there is no network.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=$1
cache=${SLUICE_VERSIONS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/versions}
lists=$cache/$suite.apt # of this release's packages; kept, so that only what changed is fetched
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
export PATH=$PATH:/usr/sbin:/sbin

die()
{
	echo "dpdk-versions: $*" >&2
	exit 1
}

# apt COMMAND STATUS [ARGUMENT...]: this machine's apt about the release, where the packages of file STATUS are installed.
apt()
{
	local command=$1 status=$2
	shift 2
	"$command" -o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State=$lists" \
		-o "Dir::State::status=$status" -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o "Dir::Cache=$lists" -o Dir::Cache::pkgcache=pkgcache.bin -o APT::Default-Release= -o APT::Install-Recommends=false \
		-o APT::Sandbox::User=root -o APT::Update::Error-Mode=any "$@" </dev/null
}

# The release's lists of packages. Without the mirror, those of the last time have to do.
update()
{
	local architecture
	architecture=$(dpkg --print-architecture)
	mkdir -p "$lists"/{lists,archives}/partial
	echo "deb [arch=$architecture signed-by=$keyring] $mirror $suite main" >"$lists/sources.list"
	apt apt-get /dev/null -q update >"$log" 2>&1 && return
	sed -n 's/^\([EW]: .*\)/    \1/p' "$log" >&2
	compgen -G "$lists/lists/*_Packages*" >/dev/null || die "the mirror that apt is configured for does not give the packages of $suite"
	echo "dpdk-versions: the mirror does not give the packages of $suite; what was fetched before is used" >&2
}

# Those that the groups of scripts/packages name, as they are called in this release.
packages()
{
	local words word package known
	mapfile -t words < <("$here/../packages" list build test | sed 's/>=[^|]*//g')
	# shellcheck disable=SC2046 # one name each
	known=$(apt apt-cache /dev/null show --no-all-versions $(tr '|' ' ' <<<"${words[*]}") 2>/dev/null || true)
	for word in "${words[@]}"; do
		for package in ${word//|/ }; do
			if grep -qFx "Package: $package" <<<"$known"; then
				echo "$package"
				continue 2
			fi
		done
		die "$suite has no package $word"
	done
}

# What debootstrap fetches with goes by the environment: the proxies of apt's configuration, unless it names others.
use_proxies()
{
	local protocol proxy name
	for protocol in http https; do
		name=${protocol}_proxy
		proxy=
		eval "$(apt-config shell proxy "Acquire::$protocol::Proxy")"
		[[ -z $proxy || $proxy == DIRECT || -n ${!name:-} ]] || export "$name=$proxy"
	done
}

# inside COMMAND...: without a network, in the chroot $root. Nothing is started there.
inside()
{
	unshare --net --ipc chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

build()
{
	local root=$1
	step "debootstrap: the base system of $suite"
	use_proxies
	debootstrap --variant=minbase --force-check-gpg --keyring="$keyring" "$suite" "$root" "$mirror" >"$log" 2>&1 ||
		failed "debootstrap"
	step "apt-get: ${#wanted[@]} packages, with what they need"
	apt apt-get "$root/var/lib/dpkg/status" -q -y -o "Dir::Cache::archives=$root/var/cache/apt/archives" --download-only install \
		"${wanted[@]}" >"$log" 2>&1 || failed "apt-get"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	inside sh -c 'apt-get -q -y --no-download --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install \
		/var/cache/apt/archives/*.deb && apt-get clean && rm -rf /var/lib/apt/lists/*' >"$log" 2>&1 </dev/null || failed "apt-get"
	umount "$root/dev" "$root/proc"
	mkdir -p "$root/sluice"
}

step()
{
	printf '%4d s  %s\n' "$SECONDS" "$1" >&2
}

failed()
{
	tail -n 20 "$log" >&2
	die "$1 failed"
}

# The newest stay, others go unless they are in use: several source trees may share the cache.
prune()
{
	local old
	find "$cache" -mindepth 1 -maxdepth 1 -name "$suite-*" -printf '%T@ %p\n' | sort -rn | tail -n +2 | cut -d ' ' -f 2- |
		while read -r old; do
			if [[ ! -e $old/complete ]] || flock -n "$old/complete" true; then
				rm -rf "$old"
			fi
		done
}

mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
mirror=$("$here/../packages" mirror)
keyring=$("$here/../packages" keyring)
[[ -n $mirror ]] || die "apt is configured for no Debian mirror of this release (or apt-get update has to be run): nowhere to get $suite from"
[[ -e /usr/share/debootstrap/scripts/$suite ]] || die "this machine's debootstrap does not know $suite"
update
packages >"$work/wanted"
mapfile -t wanted <"$work/wanted"
apt apt-get /dev/null -q --simulate install "${wanted[@]}" >"$log" 2>&1 || failed "apt-get"
key=$({ sed -n 's/^Inst \([^ ]*\) (\([^ ]*\).*/\1 \2/p' "$log" | sort; cat "$here/chroot.sh"; } | sha256sum | cut -c 1-16)
if [[ ! -e $cache/$suite-$key/complete ]]; then
	prune
	rm -rf "$cache/$suite.work"
	build "$cache/$suite.work"
	touch "$cache/$suite.work/complete"
	mv -T "$cache/$suite.work" "$cache/$suite-$key"
fi
echo "$cache/$suite-$key"
