/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets for scripts/bench over net_ring, from another process.
 *
 *   ring_load [EAL options: --proc-type=secondary, --file-prefix of the primary] -- RING SECONDS FLOWS
 *
 * The primary process (sluice, dpdk-testpmd) has a device net_ring0. It receives from the rte_ring ETH_RXTX0_net_ring0, and
 * sends into the same one, so it is no link by itself. But a secondary process finds that ring by its name, and puts packets into it as
 * net_ring itself would, from a pool of its own in memory that both share. dpdk-testpmd cannot be that secondary: it wants to find
 * the pools of a testpmd. Neither can sluice, which is a primary process by its nature.
 *
 * Result: one line of JSON with what the ring took, and the share of bursts for which it had no room at once: near 1 the
 * receiver is the limit, near 0 the generator, which then states its own limit thereby.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <rte_udp.h>

#define BURST 64
#define POOL 8191
#define FRAME 60
#define FLOWS_PER_ADDRESS 16

struct frame {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	uint8_t payload[FRAME - 42];
} __attribute__((packed, aligned(2)));

_Static_assert(sizeof(struct frame) == FRAME, "a frame without FCS");

/* The same flows as scripts/bench.d/ceiling.py has in its files: to 192.0.2.10:9000. */
static void make(struct frame *f, unsigned int flow)
{
	memset(f, 0, sizeof(*f));
	/* to 00:00:00:00:00:00: net_ring has no other address */
	f->ethernet.src_addr = (struct rte_ether_addr){ { 0x02, 0, 0, 0, 0, 0x20 } };
	f->ethernet.ether_type = htons(RTE_ETHER_TYPE_IPV4);
	f->ip.version_ihl = RTE_IPV4_VHL_DEF;
	f->ip.total_length = htons(FRAME - sizeof(f->ethernet));
	f->ip.fragment_offset = htons(RTE_IPV4_HDR_DF_FLAG);
	f->ip.time_to_live = 64;
	f->ip.next_proto_id = IPPROTO_UDP;
	f->ip.src_addr = htonl(RTE_IPV4(198, 18, 0, 0) + flow / FLOWS_PER_ADDRESS);
	f->ip.dst_addr = htonl(RTE_IPV4(192, 0, 2, 10));
	f->ip.hdr_checksum = rte_ipv4_cksum(&f->ip);
	f->udp.src_port = htons((uint16_t)(1024 + flow % FLOWS_PER_ADDRESS));
	f->udp.dst_port = htons(9000);
	f->udp.dgram_len = htons(FRAME - sizeof(f->ethernet) - sizeof(f->ip));
}

static void run(struct rte_ring *ring, struct rte_mempool *pool, const struct frame *frames, unsigned int flows, double seconds)
{
	uint64_t begin = rte_rdtsc(), end = begin + (uint64_t)(seconds * (double)rte_get_tsc_hz()), taken = 0, turns = 0, full = 0;
	uint64_t last = begin;
	unsigned int next = 0;

	while (rte_rdtsc() < end) {
		struct rte_mbuf *m[BURST];
		if (rte_pktmbuf_alloc_bulk(pool, m, BURST) < 0) { /* all are in the ring or at the receiver's */
			if (rte_rdtsc() - last > rte_get_tsc_hz() / 2) {
				fputs("ring_load: the receiver gives no buffers back; is its number of the pool's driver another?\n", stderr);
				exit(1);
			}
			continue;
		}
		last = rte_rdtsc();
		for (unsigned int i = 0; i < BURST; i++) {
			memcpy(rte_pktmbuf_mtod(m[i], void *), &frames[next], FRAME);
			next = next + 1 == flows ? 0 : next + 1;
			m[i]->data_len = FRAME;
			m[i]->pkt_len = FRAME;
		}
		unsigned int done = rte_ring_enqueue_burst(ring, (void **)m, BURST, NULL);
		full += done < BURST;
		while (done < BURST && rte_rdtsc() < end)
			done += rte_ring_enqueue_burst(ring, (void **)(m + done), BURST - done, NULL);
		rte_pktmbuf_free_bulk(m + done, BURST - done);
		taken += done;
		turns++;
	}
	double took = (double)(rte_rdtsc() - begin) / (double)rte_get_tsc_hz();
	printf("{\"pps\": %.0f, \"full_ratio\": %.3f, \"seconds\": %.3f}\n", (double)taken / took,
	       turns > 0 ? (double)full / (double)turns : 0, took);
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);

	if (used < 0 || argc - used != 4) {
		fprintf(stderr, "usage: ring_load --proc-type=secondary --file-prefix=PREFIX [EAL options] -- RING SECONDS FLOWS\n");
		return 2;
	}
	const char *name = argv[used + 1];
	double seconds = strtod(argv[used + 2], NULL);
	unsigned int flows = (unsigned int)strtoul(argv[used + 3], NULL, 10);
	struct rte_ring *ring = rte_ring_lookup(name);
	char pool_name[32];
	snprintf(pool_name, sizeof(pool_name), "ring_load_%d", getpid());
	struct rte_mempool *pool = rte_pktmbuf_pool_create(pool_name, POOL, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	struct frame *frames = calloc(flows, sizeof(*frames));

	if (ring == NULL || pool == NULL || flows == 0 || frames == NULL) {
		fprintf(stderr, "ring_load: %s: %s\n", ring == NULL ? name : "memory", rte_strerror(rte_errno));
		return 1;
	}
	for (unsigned int i = 0; i < flows; i++)
		make(&frames[i], i);
	run(ring, pool, frames, flows, seconds);
	free(frames);
	return 0; /* the pool stays: the receiver may have mbufs of it, and all goes with the primary */
}
