#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: ipip gue ipip-other-family gue-other-family
#
#   client --- sluice, mode ipip or gue --- tunnels to 3 nginx; their replies go around sluice (_one_way.sh)
#
# Clients' segments of 1460 bytes do not fit the tunnel, whatever a server says in its SYN-ACK: uploads work because the client is
# told. Both families in both: 4in4 and 6in6, or, with "other-family", 4in6 and 6in4.
. "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/lab/_one_way.sh
. "$(dirname "$0")/_one_way.sh"

variant=${1:-ipip}
options=()
[[ $variant != *-other-family ]] || options=(--translate)
one_way_lab af_packet "${variant%%-*}" "${options[@]}"
one_way_traffic
(($(workers_sum icmp_errors_sent) > 0)) || fail "nobody was told that segments are too long"
telemetry_is /sluice/drops 'r["mtu"] > 0' || fail "no segment was too long: $(lab_telemetry /sluice/drops)"
conserved
