#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp
#
#   client 192.0.2.1, 2001:db8:1::1 --- sluice, two workers: 192.0.2.10, [2001:db8:1::10]
#     ports 8001 (PROXY v1), 8002 (v2) --- backend1: nginx, listen ... proxy_protocol
#     ports 8003 (PROXY v1), 8004 (v2) --- backend2: HAProxy, bind ... accept-proxy
#     port  8005 (v2)                  --- backend3: a server that speaks first
#
# nginx and HAProxy see the client's address and port and the service's, over both families, kept connections too; files each way
# and many connections are right while packets get lost, and while every other header does.
. "$(dirname "$0")/_lib.sh"

requests=${REQUESTS:-400} mib=${MIB:-4}
workers=()
(($(nproc) < 2)) || workers=(--workers 2 --lcores "0@0,1@0,2@1")
command -v haproxy >/dev/null || skip "haproxy is not installed"
lab_up "${1:-af_packet}" "${workers[@]}"

/usr/bin/python3 - "$LAB_CONFIG" <<-'END'
	import json, sys
	config = json.load(open(sys.argv[1]))
	for vip, snat, backend in ("192.0.2.10", "10.1.0.3", "10.1.1.%d"), ("2001:db8:1::10", "2001:db8:2::3", "2001:db8:2::1:%d"):
	    for port, version, n in (8001, "v1", 1), (8002, "v2", 1), (8003, "v1", 2), (8004, "v2", 2), (8005, "v2", 3):
	        config["services"].append({
	            "name": "proxy%d-%d" % (port, 6 if ":" in vip else 4), "address": vip, "port": port, "protocol": "tcp", "snat": [snat],
	            "proxy_protocol": version, "backends": [{"address": backend % n, "port": 9000}]})
	json.dump(config, open(sys.argv[1], "w"), indent=2)
END

# ---- servers ----

dir=$LAB_WORK/proxied
mkdir -p "$dir"
cat >"$dir/nginx.conf" <<-END
	user root;
	worker_processes 1;
	daemon off;
	pid $dir/nginx.pid;
	error_log $dir/error.log warn;
	events { worker_connections 4096; }
	http {
		log_format proxied '\$proxy_protocol_addr \$proxy_protocol_port \$proxy_protocol_server_addr \$proxy_protocol_server_port';
		access_log $dir/access.log proxied;
		client_max_body_size 0;
		client_body_temp_path $dir/body;
		proxy_temp_path $dir/proxy;
		fastcgi_temp_path $dir/fastcgi;
		uwsgi_temp_path $dir/uwsgi;
		scgi_temp_path $dir/scgi;
		default_type text/plain;
		server {
			listen 9000 proxy_protocol backlog=4096;
			listen [::]:9000 proxy_protocol backlog=4096;
			location / { return 200 "\$proxy_protocol_addr \$proxy_protocol_port \$proxy_protocol_server_addr \$proxy_protocol_server_port\n"; }
			location /files/ { alias $LAB_WORK/files/; dav_methods PUT; access_log off; }
		}
	}
END
cat >"$dir/haproxy.cfg" <<-END
	defaults
		mode http
		timeout client 60s
		timeout connect 60s
		timeout server 60s
	frontend proxied
		bind 10.1.1.2:9000 accept-proxy
		bind [2001:db8:2::1:2]:9000 accept-proxy
		http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]\n"
END
lab_spawn proxied-nginx "$dir/nginx.log" backend1 nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
lab_spawn proxied-haproxy "$dir/haproxy.log" backend2 haproxy -db -f "$dir/haproxy.cfg"
lab_spawn greeter "$dir/greeter.log" backend3 /usr/bin/python3 "$LAB_ROOT/tests/lab/proxy_greeter.py" serve :: 9000
lab_start_sluice || fail "sluice did not start"

# ---- what is asked ----

# The answer is who asks, as the server sees it, and curl adds who it is.
answer_is_right()
{
	local url=$1 vip=$2 port=$3 out
	shift 3
	out=$(lab_in client curl -s -f -g --max-time 20 -w '%{local_ip} %{local_port}\n' "$@" "$url") || return 1
	[[ $(sed -n 1p <<<"$out") == "$(sed -n 2p <<<"$out") $vip $port" ]] || { echo "$url: $out"; return 1; }
}

url_of()
{
	if [[ $1 == *:* ]]; then
		echo "http://[$1]:$2"
	else
		echo "http://$1:$2"
	fi
}

# lossy NAMESPACE RULE: what comes in is dropped so. "@seen" has the sequence numbers that a rule has put there.
lossy()
{
	lab_in "$1" nft -f - <<-END
		table inet loss {
			set seen { typeof tcp sequence; flags dynamic; size 65536; }
			chain in { type filter hook prerouting priority -300; $2 drop; }
		}
	END
}

lossless()
{
	lab_in "$1" nft delete table inet loss
}

many()
{
	ab_run "$requests" "$(url_of "$1" "$2")/"
	ab_run "$requests" "$(url_of "$1" "$2")/" -k
}

make_file "$mib"
files()
{
	local url
	url=$(url_of "$1" "$2")
	file_down client "$url"
	file_up client "$url"
}

for vip in 192.0.2.10 2001:db8:1::10; do
	for port in 8001 8002 8003 8004; do
		url=$(url_of "$vip" "$port")
		lab_wait 15 "an answer through $url" answer_is_right "$url/" "$vip" "$port" || answer_is_right "$url/" "$vip" "$port" ||
			fail "$url: not who asked"
		many "$vip" "$port"
	done
	files "$vip" 8001
	files "$vip" 8002
	lab_wait 15 "the server that speaks first" lab_in client /usr/bin/python3 "$LAB_ROOT/tests/lab/proxy_greeter.py" ask "$vip" 8005 1
	lab_in client /usr/bin/python3 "$LAB_ROOT/tests/lab/proxy_greeter.py" ask "$vip" 8005 50 || fail "$vip: see above"
done

echo "every SYN is answered with a cookie"
for n in 1 2; do
	lab_in "backend$n" sysctl -q -w net.ipv4.tcp_syncookies=2
done
for vip in 192.0.2.10 2001:db8:1::10; do
	ab_run "$requests" "$(url_of "$vip" 8001)/"
	ab_run "$requests" "$(url_of "$vip" 8004)/"
done
for n in 1 2; do
	cookies=$(lab_in "backend$n" nstat -asz TcpExtSyncookiesRecv | awk '/Syncookies/ { print $2 }')
	((cookies >= requests)) || fail "backend$n: only $cookies cookies came back"
	lab_in "backend$n" sysctl -q -w net.ipv4.tcp_syncookies=1
done

if ! lab_in client nft list ruleset >/dev/null 2>&1; then
	echo "no nftables here: nothing is lost on purpose"
else
	echo "every header is lost once"
	before=$(workers_sum proxy_headers_repeated)
	for n in 1 2 3; do # version 2 and timestamps: IP header of 20 or 40, TCP header of 32, header of 28 or 52 bytes
		lossy "backend$n" "tcp dport 9000 tcp flags & syn == 0 meta length { 80, 124 } tcp sequence != @seen add @seen { tcp sequence }"
	done
	for vip in 192.0.2.10 2001:db8:1::10; do
		ab_run 100 "$(url_of "$vip" 8002)/"
		ab_run 100 "$(url_of "$vip" 8004)/"
		lab_in client /usr/bin/python3 "$LAB_ROOT/tests/lab/proxy_greeter.py" ask "$vip" 8005 20 || fail "$vip: see above"
	done
	repeated=$(($(workers_sum proxy_headers_repeated) - before))
	((repeated >= 440)) || fail "only $repeated headers were sent again"
	echo "  $repeated headers sent again"

	echo "packets are lost at random"
	for n in 1 2 3; do
		lossless "backend$n"
		lossy "backend$n" "tcp dport 9000 numgen random mod 100 < 2"
	done
	lossy client "tcp sport 8001-8005 numgen random mod 100 < 2"
	for vip in 192.0.2.10 2001:db8:1::10; do
		ab_run "$requests" "$(url_of "$vip" 8002)/"
		ab_run "$requests" "$(url_of "$vip" 8003)/" -k
		files "$vip" 8001
		files "$vip" 8002
		lab_in client /usr/bin/python3 "$LAB_ROOT/tests/lab/proxy_greeter.py" ask "$vip" 8005 50 || fail "$vip: see above"
	done
fi

others=$(awk '$1 != "192.0.2.1" && $1 != "2001:db8:1::1" && count++ < 3' "$dir/access.log")
[[ -z $others ]] || fail "nginx saw others than the client: $others"
! grep -q "broken header" "$dir/error.log" || fail "nginx saw headers that are broken: $(head -n 3 "$dir/error.log")"
telemetry_is /sluice/drops 'r["owner_loop"] == 0' || fail "packets went astray: $(lab_telemetry /sluice/drops)"
(($(workers_sum proxy_headers_given_up) == 0)) || fail "headers were given up"
echo "$(workers_sum proxy_headers_sent) headers, $(workers_sum proxy_headers_repeated) sent again"
conserved
