/* SPDX-License-Identifier: BSD-3-Clause */
/* MSS clamping: SYN and SYN+ACK announce no more than both interfaces and the service's mss_clamp let through. */
#include "lab.h"

#define CONFIG(wan_mtu, lan_mtu, rest) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"mtu\": " #wan_mtu ", \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": " #lan_mtu ", \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ], " \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", rest LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web6", "2001:db8:1::10", 80, "tcp", rest LAB_BACKENDS_V6) "," \
	LAB_SERVICE("web64", "2001:db8:1::10", 81, "tcp", rest LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web46", "192.0.2.10", 81, "tcp", rest LAB_BACKENDS_V6) "] }"

/* A SYN and its SYN+ACK through the service, announcing what the client and the backend would like, and what arrives. */
#define V4(port, client, server, expect_client, expect_server) \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(port, 80, "S", .seq = 100, .options = client)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 opt " expect_client " len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101, .options = server)), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>" #port " SA seq 500 ack 101 win 65535 opt " expect_server " len 0 [csum ok]")
#define V6(port, client, server, expect_client, expect_server) \
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(port, 80, "S", .seq = 100, .options = client)), \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $2>8080 S seq 100 ack 0 win 65535 opt " expect_client " len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(2), "SA", .seq = 500, .ack = 101, .options = server)), \
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>" #port " SA seq 500 ack 101 win 65535 opt " expect_server " len 0 [csum ok]")

#define MSS_536 "02040218"
#define MSS_1220 "020404c4"
#define MSS_1240 "020404d8"
#define MSS_1360 "02040550"
#define MSS_1340 "0204053c"
#define MSS_1440 "020405a0"
#define MSS_1460 "020405b4"
#define MSS_8960 "02042300"
#define MSS_1000 "020403e8"

/* Equal MTUs: what the ends announce for their own links passes unchanged. */
static const struct golden_step equal[] = {
	RESOLVED,
	V4(1000, MSS_1460, MSS_1460, MSS_1460, MSS_1460),
	V6(1000, MSS_1440, MSS_1440, MSS_1440, MSS_1440),
	END
};

/* The narrower of the two interfaces limits both ways; never raised; other options unharmed. */
static const struct golden_step narrow[] = {
	RESOLVED,
	V4(1000, MSS_1460, MSS_8960, MSS_1360, MSS_1360),
	V6(1000, MSS_1440, MSS_8960, MSS_1340, MSS_1340),
	END
};
static const struct golden_step never_raised[] = {
	RESOLVED,
	V4(1000, MSS_536, "0101080a0000000100000002" MSS_1460 "0303070" "0", MSS_536, "0101080a0000000100000002" MSS_1360 "03030700"),
	V6(1000, MSS_1220, "01" MSS_1440 "010101", MSS_1220, "01" MSS_1340 "010101"),
	END
};

static const struct golden_step configured[] = {
	RESOLVED,
	V4(1000, MSS_1460, MSS_536, MSS_1000, MSS_536),
	V6(1000, MSS_1440, MSS_1440, MSS_1000, MSS_1000),
	END
};

/* Between the families each side's own header counts: 1400 bytes of IPv4 hold 1360, 1280 of IPv6 1220. */
static const struct golden_step mixed[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1000, 81, "S", .seq = 100, .options = MSS_1440)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 opt " MSS_1220 " len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101, .options = MSS_1460)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 81>1000 SA seq 500 ack 101 win 65535 opt " MSS_1220 " len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 81, "S", .seq = 100, .options = MSS_1460)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $2>8080 S seq 100 ack 0 win 65535 opt " MSS_1240 " len 0 [csum ok]"),
	END
};

static const struct golden_case cases[] = {
	{ "equal MTUs", CONFIG(1500, 1500, ""), 0, equal },
	{ "narrow client side", CONFIG(1400, 1500, ""), 0, narrow },
	{ "narrow backend side", CONFIG(1500, 1400, ""), 0, narrow },
	{ "never raised", CONFIG(1500, 1400, ""), 0, never_raised },
	{ "configured", CONFIG(1500, 1500, "\"mss_clamp\": 1000, "), 0, configured },
	{ "between the families", CONFIG(1280, 1400, ""), 0, mixed },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "mss", cases);
}
