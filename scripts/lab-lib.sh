# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The lab: network namespaces with real clients and servers around a sluice. Used by scripts/lab, scripts/quickstart and
# tests/lab/*; to be sourced under `set -euo pipefail`.
#
#     NAME-client              NAME-sluice                NAME-lan (a switch)           NAME-backend1..3
#   +-------------+         +--------------+            +--------------------+        +--------------------+
#   |        wan0 |=========| wan0    lan0 |============| uplink  br0  port1 |========| eth0  nginx :8080  |
#   | 192.0.2.1   |         | (no kernel   |            |              port2 |== ...  | 10.1.1.1..3        |
#   | 2001:db8:1::1         |  addresses)  |            |              port3 |== ...  | 2001:db8:2::1:1..3 |
#   +-------------+         +--------------+            +--------------------+        +--------------------+
#                 VIP 192.0.2.10, 2001:db8:1::10    SNAT 10.1.0.3, 2001:db8:2::3      backend1: dnsmasq :5353 too
#                 sluice itself .2 and ::2 on both sides
#
# With --pmd tap there are no veth pairs at sluice: it creates wan0 and lan0, and they move to the client and the switch. So
# they do with pci, which is scripts/vm-lab: QEMU runs in NAME-sluice, and its TAP devices are the cables of the guest's NICs.
#
# Everything made outside the namespaces is written down in /run/sluice-lab/NAME before it is made, so that lab_down can
# undo it, also after a crash and also twice:
#   settings     shell variables of this lab          hugepages    "DIR N": N pages were added there
#   processes    "PID STARTTIME WHAT"                 config.json, sluice.log
# and beside the labs, until the last one goes:
#   backlog      net.core.netdev_max_backlog as it was before the first one

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_BUILD=${LAB_BUILD:-$LAB_ROOT/build}
LAB_STATES=/run/sluice-lab
LAB_HUGEPAGES_MB=384 # what one lab's sluice gets where hugepages can be had
LAB_BACKLOG=20000 # frames on their way between virtual links, for each processor
LAB_TAP_QUEUE=16384 # and those that wait for the reader of a TAP device
LAB_CONNECTIONS=${LAB_CONNECTIONS:-4096} # places for them in a backend
LAB_PATIENCE=${LAB_PATIENCE:-4}
export LC_ALL=C

# ---- small helpers ----

lab_die()
{
	echo "lab: $*" >&2
	exit 1
}

# lab_wait SECONDS WHAT COMMAND...: until the command succeeds. SECONDS is what a machine needs that does nothing else, and a
# busy one gets LAB_PATIENCE times as much: it costs nothing, but before a failure.
lab_wait()
{
	local deadline=$((SECONDS + $1 * LAB_PATIENCE)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= deadline)); then
			echo "lab: waited in vain for: $what" >&2
			return 1
		fi
		sleep 0.1
	done
}

# Path of a program of ours.
lab_program()
{
	local path=$LAB_BUILD/app/$1
	[[ -x $path ]] || lab_die "$path does not exist; build it with: meson setup build && ninja -C build"
	echo "$path"
}

# lab_use NAME: names and paths of a lab, which need not exist.
lab_use()
{
	[[ $1 =~ ^[a-z][a-z0-9-]{0,19}$ ]] || lab_die "\"$1\" is no name for a lab: a letter, then up to 19 of a-z 0-9 -"
	LAB=$1
	LAB_STATE=$LAB_STATES/$LAB
	LAB_LOG=$LAB_STATE/sluice.log
	LAB_CONFIG=$LAB_STATE/config.json
	LAB_PREFIX=sluice-$LAB
	LAB_HUGE_DIR=
	LAB_WORK=
	LAB_PMD=af_packet
	LAB_NAMESPACES=("$LAB-client" "$LAB-sluice" "$LAB-lan" "$LAB-backend1" "$LAB-backend2" "$LAB-backend3")
	if [[ -r $LAB_STATE/settings ]]; then
		# shellcheck source=/dev/null
		. "$LAB_STATE/settings"
	fi
}

lab_set()
{
	printf '%s=%q\n' "$1" "$2" >>"$LAB_STATE/settings"
	printf -v "$1" %s "$2"
}

# lab_in client|sluice|lan|backendN COMMAND...
lab_in()
{
	local where=$LAB-$1
	shift
	ip netns exec "$where" "$@"
}

# ---- processes ----

lab_start_time()
{
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	stat=${stat##*) } # the name before it may hold spaces
	awk '{ print $20 }' <<<"$stat"
}

# lab_spawn WHAT LOG NAMESPACE COMMAND...: in the background; its pid is in LAB_PID.
lab_spawn()
{
	local what=$1 log=$2 where=$3
	shift 3
	setsid ip netns exec "$LAB-$where" "$@" >>"$log" 2>&1 </dev/null &
	LAB_PID=$!
	echo "$LAB_PID $(lab_start_time "$LAB_PID" || echo gone) $what" >>"$LAB_STATE/processes"
}

# Pid of what was started last under this name; fails when it does not run any more.
lab_pid()
{
	local pid start what found=
	while read -r pid start what; do
		if [[ $what == "$1" ]]; then
			found=
			[[ $(lab_start_time "$pid") == "$start" ]] && found=$pid
		fi
	done < <(cat "$LAB_STATE/processes" 2>/dev/null)
	[[ -n $found ]] && ! grep -qs '^State:.*zombie' "/proc/$found/status" && echo "$found"
}

lab_gone()
{
	! lab_pid "$1" >/dev/null
}

# lab_said_ready_or_ended WHAT LOG
lab_said_ready_or_ended()
{
	grep -qiw ready "$2" || lab_gone "$1"
}

# lab_spawn_ready SECONDS WHAT LOG NAMESPACE COMMAND...: as lab_spawn, for what says "ready" in its log when it is. LOG begins
# anew: what an earlier one said there does not count.
lab_spawn_ready()
{
	local seconds=$1 log=$3
	shift
	: >"$log"
	lab_spawn "$@"
	lab_wait "$seconds" "$1 to be ready" lab_said_ready_or_ended "$1" "$log" || return 1
	if lab_gone "$1"; then
		echo "lab: $1 did not start:" >&2
		tail -n 30 "$log" >&2
		return 1
	fi
}

# lab_stop WHAT: TERM, and KILL where that does not help.
lab_stop()
{
	local pid
	if pid=$(lab_pid "$1"); then
		kill -TERM "$pid" 2>/dev/null || true
		if ! lab_wait 10 "$1 to end" lab_gone "$1"; then
			kill -KILL "$pid" 2>/dev/null || true
			lab_wait 5 "$1 to be gone" lab_gone "$1" || true
		fi
	fi
}

# ---- namespaces, links, servers ----

lab_netns_add()
{
	ip netns add "$1"
	ip netns exec "$1" sysctl -q -w net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0
	ip -n "$1" link set lo up
}

# A virtual link leaves checksums and segmentation to its peer, which never does it when the peer is a poll-mode driver.
lab_offloads_off()
{
	ip netns exec "$1" ethtool -K "$2" tx off sg off tso off gso off gro off >/dev/null 2>&1 ||
		ip netns exec "$1" ethtool -K "$2" tx off >/dev/null
}

# lab_link NAMESPACE INTERFACE NAMESPACE INTERFACE
lab_link()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	lab_offloads_off "$1" "$2"
	lab_offloads_off "$3" "$4"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# lab_address NAMESPACE INTERFACE ADDRESS... (each with its prefix length)
lab_address()
{
	local where=$1 interface=$2 address
	shift 2
	for address in "$@"; do
		if [[ $address == *:* ]]; then
			ip -n "$where" addr add "$address" dev "$interface" nodad
		else
			ip -n "$where" addr add "$address" dev "$interface"
		fi
	done
}

lab_make_namespaces()
{
	local n where
	for where in "${LAB_NAMESPACES[@]}"; do
		lab_netns_add "$where"
	done
	# the kernel must stay silent beside sluice and in the switch
	for where in sluice lan; do
		lab_in "$where" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	done
	# a client that opens many thousand connections to one address
	lab_in client sysctl -q -w net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1
	ip -n "$LAB-lan" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
	ip -n "$LAB-lan" link set br0 up
	for n in 1 2 3; do
		lab_link "$LAB-lan" "port$n" "$LAB-backend$n" eth0
		ip -n "$LAB-lan" link set "port$n" master br0
		lab_address "$LAB-backend$n" eth0 "10.1.1.$n/16" "2001:db8:2::1:$n/64"
		ip -n "$LAB-backend$n" route add default via 10.1.0.2
		ip -n "$LAB-backend$n" -6 route add default via 2001:db8:2::2
	done
}

# Sluice's own links as veth pairs, or, once it has made them, its TAP devices.
lab_make_links()
{
	lab_link "$LAB-client" wan0 "$LAB-sluice" wan0
	lab_link "$LAB-lan" uplink "$LAB-sluice" lan0
	lab_connect
}

# net_tap gives its kernel interface sluice's own MAC address: a bridge would keep frames for that address to itself.
lab_adopt_taps()
{
	ip -n "$LAB-sluice" link set wan0 netns "$LAB-client"
	ip -n "$LAB-sluice" link set lan0 name uplink netns "$LAB-lan"
	ip -n "$LAB-client" link set wan0 address 02:00:00:00:00:01 txqueuelen "$LAB_TAP_QUEUE" up
	ip -n "$LAB-lan" link set uplink address 02:00:00:00:00:02 txqueuelen "$LAB_TAP_QUEUE" up
	lab_connect
}

lab_connect()
{
	ip -n "$LAB-lan" link set uplink master br0
	lab_address "$LAB-client" wan0 192.0.2.1/24 2001:db8:1::1/64
	ip -n "$LAB-client" route add default via 192.0.2.2
	ip -n "$LAB-client" -6 route add default via 2001:db8:1::2
}

lab_nginx_config()
{
	cat <<-END
		user root;
		worker_processes 1;
		daemon off;
		pid $2/nginx.pid;
		error_log $2/error.log warn;
		events { worker_connections $LAB_CONNECTIONS; }
		http {
			log_format lab '\$connection \$remote_addr \$status';
			access_log $2/access.log lab;
			keepalive_requests 1000000;
			keepalive_timeout 1h;
			reset_timedout_connection on;
			client_max_body_size 0;
			client_body_temp_path $2/body;
			proxy_temp_path $2/proxy;
			fastcgi_temp_path $2/fastcgi;
			uwsgi_temp_path $2/uwsgi;
			scgi_temp_path $2/scgi;
			default_type text/plain;
			server {
				listen 8080 backlog=4096;
				listen [::]:8080 backlog=4096;
				location / { return 200 "backend$1 \$remote_addr \$remote_port\n"; }
				location ~ ^/echo/(.*) { return 200 "backend$1 \$remote_addr \$remote_port \$1\n"; access_log off; }
				location /files/ { alias $LAB_WORK/files/; dav_methods PUT; access_log off; }
			}
		}
	END
}

lab_start_servers()
{
	local n dir
	mkdir -p "$LAB_WORK/files"
	for n in 1 2 3; do
		dir=$LAB_WORK/backend$n
		mkdir -p "$dir"
		lab_nginx_config "$n" "$dir" >"$dir/nginx.conf"
		lab_spawn "nginx$n" "$dir/nginx.log" "backend$n" nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
	done
	dir=$LAB_WORK/backend1
	lab_spawn dnsmasq "$dir/dnsmasq.log" backend1 dnsmasq --keep-in-foreground --conf-file=/dev/null --port=5353 \
		--no-resolv --no-hosts --user=root --pid-file= --bind-interfaces --listen-address=10.1.1.1 \
		--listen-address=2001:db8:2::1:1 --address=/lab.test/203.0.113.7 --address=/lab.test/2001:db8:ffff::7 \
		--cache-size=0 --dns-forward-max=1000
	for n in 1 2 3; do
		lab_wait 10 "nginx of backend$n" lab_in "backend$n" curl -s -g "http://[::1]:8080/" || {
			cat "$LAB_WORK/backend$n"/*.log >&2
			return 1
		}
	done
	lab_wait 10 "dnsmasq of backend1" lab_in backend1 dig +time=1 +tries=1 @10.1.1.1 -p 5353 a.lab.test || {
		cat "$dir/dnsmasq.log" >&2
		return 1
	}
}

# ---- hugepages: our own mount; as many pages as are missing are added, and taken away again by lab_down ----

lab_hugepages_up()
{
	local dir=/sys/kernel/mm/hugepages/hugepages-2048kB want=$((LAB_HUGEPAGES_MB / 2)) before free
	[[ -z ${LAB_NO_HUGE:-} ]] || return 0
	[[ -w $dir/nr_hugepages ]] && grep -q hugetlbfs /proc/filesystems || return 0
	exec 9>"$LAB_STATES/lock"
	flock 9
	read -r before <"$dir/nr_hugepages"
	read -r free <"$dir/free_hugepages"
	if ((free < want)); then
		echo "$dir $((want - free))" >"$LAB_STATE/hugepages"
		echo $((before + want - free)) >"$dir/nr_hugepages" 2>/dev/null || true
		read -r free <"$dir/free_hugepages"
	fi
	exec 9>&-
	mkdir -p "$LAB_STATE/huge"
	if ((free < want)) || ! mount -t hugetlbfs -o pagesize=2M none "$LAB_STATE/huge" 2>/dev/null; then
		lab_hugepages_down
		return 0
	fi
	lab_set LAB_HUGE_DIR "$LAB_STATE/huge"
}

lab_hugepages_down()
{
	local dir added now
	while mountpoint -q "$LAB_STATE/huge" 2>/dev/null; do
		rm -f "$LAB_STATE/huge"/* 2>/dev/null || true
		umount "$LAB_STATE/huge" || umount -l "$LAB_STATE/huge" || break
	done
	if read -r dir added 2>/dev/null <"$LAB_STATE/hugepages"; then
		exec 9>"$LAB_STATES/lock"
		flock 9
		read -r now <"$dir/nr_hugepages"
		echo $((now > added ? now - added : 0)) >"$dir/nr_hugepages"
		exec 9>&-
		rm -f "$LAB_STATE/hugepages"
	fi
	LAB_HUGE_DIR=
}

# ---- the queue of each processor between virtual links ----

# A virtual link drops what comes while its peer's processor has 1000 frames waiting: on a busy machine a few milliseconds of
# a relay's copies. Longer where it can be; the last lab to go puts it back.
lab_backlog_up()
{
	local setting=/proc/sys/net/core/netdev_max_backlog before
	[[ -w $setting ]] || return 0
	exec 9>"$LAB_STATES/lock"
	flock 9
	read -r before <"$setting"
	if ((before < LAB_BACKLOG)) && [[ ! -e $LAB_STATES/backlog ]]; then
		echo "$before" >"$LAB_STATES/backlog"
		{ echo "$LAB_BACKLOG" >"$setting"; } 2>/dev/null || rm "$LAB_STATES/backlog"
	fi
	exec 9>&-
}

# Forget this lab; with the last one, what all of them had in common.
lab_forget()
{
	local before
	exec 9>"$LAB_STATES/lock"
	flock 9
	rm -rf "$LAB_STATE"
	if ! compgen -G "$LAB_STATES/*/" >/dev/null && read -r before 2>/dev/null <"$LAB_STATES/backlog"; then
		echo "$before" >/proc/sys/net/core/netdev_max_backlog
		rm "$LAB_STATES/backlog"
	fi
	exec 9>&-
}

# ---- sluice ----

# lab_config [OPTIONS of scripts/lab-config]: print a configuration for this lab.
lab_config()
{
	"$LAB_ROOT/scripts/lab-config" --pmd "$LAB_PMD" --prefix "$LAB_PREFIX" ${LAB_HUGE_DIR:+--huge-dir "$LAB_HUGE_DIR"} "$@"
}

# Start sluice with the lab's configuration file and wait until it says "ready".
lab_start_sluice()
{
	local program
	program=$(lab_program sluice)
	lab_spawn_ready 60 sluice "$LAB_LOG" sluice "$program" --config "$LAB_CONFIG" || return 1
	[[ $LAB_PMD != tap ]] || lab_adopt_taps
}

# A telemetry command through the stock script: lab_telemetry /sluice/info
lab_telemetry()
{
	# it is DPDK's own script, and wants the distribution's python
	echo "$1" | /usr/bin/python3 "$(command -v dpdk-telemetry.py)" -f "$LAB_PREFIX"
}

# lab_answers ADDRESS[:PORT]: the client gets an answer over HTTP.
lab_answers()
{
	lab_in client curl -s -f -g -o /dev/null --max-time 5 "http://$1/" # a SYN is repeated after one second, and after three
}

# ---- up and down ----

# lab_up PMD [OPTIONS of scripts/lab-config]: all but sluice, and its configuration file.
lab_up()
{
	[[ $EUID -eq 0 ]] || lab_die "network namespaces need root: run it with sudo"
	local pmd=$1 tool
	shift
	for tool in ip ethtool nginx dnsmasq dig curl python3 sysctl setsid; do
		command -v "$tool" >/dev/null || lab_die "$tool is missing; install what the lab needs with: scripts/packages install lab"
	done
	mkdir -p "$LAB_STATES"
	mkdir "$LAB_STATE" 2>/dev/null ||
		lab_die "\"$LAB\" is up already; take it down with: scripts/lab down --name $LAB"
	local where
	for where in "${LAB_NAMESPACES[@]}"; do
		if [[ -e /run/netns/$where ]]; then
			rmdir "$LAB_STATE"
			lab_die "there is a namespace $where that is not this lab's; choose another --name"
		fi
	done
	lab_set LAB_PMD "$pmd"
	lab_set LAB_WORK "${TMPDIR:-/tmp}/sluice-lab-$LAB.$$"
	(umask 022 && mkdir "$LAB_WORK")
	lab_hugepages_up
	lab_backlog_up
	lab_make_namespaces
	[[ $LAB_PMD == tap || $LAB_PMD == pci ]] || lab_make_links
	lab_start_servers
	lab_config "$@" >"$LAB_CONFIG"
}

# Undo everything. Never fails half-way, may be called again, and when there is nothing to undo. What is written down of a lab stays as
# long as one of its namespaces does.
lab_down()
{
	local pid start what where left=()
	[[ -d ${LAB_STATE:?} ]] || return 0
	# first sluice, which has most to put away; then all whose pids we know, and what else runs in our own namespaces
	lab_stop sluice
	while read -r pid start what; do
		if [[ $(lab_start_time "$pid") == "$start" ]]; then
			kill -TERM "$pid" 2>/dev/null || true
		fi
	done < <(cat "$LAB_STATE/processes" 2>/dev/null)
	for where in "${LAB_NAMESPACES[@]}"; do
		if [[ -e /run/netns/$where ]]; then
			ip netns pids "$where" | xargs -r kill -TERM 2>/dev/null || true
		fi
	done
	LAB_PATIENCE=1 lab_wait 5 "the lab's processes to end" lab_empty || true
	for where in "${LAB_NAMESPACES[@]}"; do
		if [[ -e /run/netns/$where ]]; then
			for pid in $(ip netns pids "$where"); do
				kill -KILL "$pid" 2>/dev/null || true
			done
			ip netns del "$where" || left+=("$where")
		fi
	done
	lab_hugepages_down
	rm -rf "/run/dpdk/$LAB_PREFIX"
	case $LAB_WORK in
	*/sluice-lab-"$LAB".*) rm -rf "$LAB_WORK" ;;
	esac
	if [[ ${#left[@]} -gt 0 ]]; then
		echo "lab: still there, to be taken down again: ${left[*]}" >&2
		return 0
	fi
	lab_forget # the directory stays with its lock, which somebody may be waiting for
}

lab_empty()
{
	local where
	for where in "${LAB_NAMESPACES[@]}"; do
		[[ ! -e /run/netns/$where || -z $(ip netns pids "$where") ]] || return 1
	done
}

# lab_counters: what sluice counted, for a person to read.
lab_counters()
{
	if lab_pid sluice >/dev/null; then
		"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" status || true
		"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" drops || true
	fi
}
