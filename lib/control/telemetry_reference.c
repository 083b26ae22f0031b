/* SPDX-License-Identifier: BSD-3-Clause */
/* docs/telemetry.md, from the same tables as the replies. */
#include "telemetry_internal.h"

#include <rte_common.h>

#include "sluice/control/telemetry.h"

static const char intro[] =
	"# Telemetry\n\n"
	"Generated from the tables in `lib/control/telemetry_*.c`, `sluice/state/counters.h` and "
	"`sluice/packet/drop.h`; do not edit.\n\n"
	"sluice answers read-only commands on DPDK's telemetry socket, `/var/run/dpdk/FILE_PREFIX/dpdk_telemetry.v2` "
	"(the file prefix is `sluice` unless the configuration names another):\n\n"
	"    $ sudo dpdk-telemetry.py -f sluice\n"
	"    --> /sluice/info\n"
	"    --> /sluice/flow_list,protocol=tcp,limit=10\n"
	"    --> /help,/sluice/port\n\n"
	"`sluicectl` shows the same for people. Parameters follow the command behind a comma. A parameter that is "
	"wrong, or names nothing that exists, is answered with `null`.\n\n"
	"A list is a dictionary of rows under \"0\", \"1\", and so on. Where a reply has the key `next`, it is a "
	"page (a reply of DPDK's has at most 16 KiB): send the command again with its value until it is empty. "
	"Counters are sums over all workers where nothing else is said, start at 0 with the process, and never go "
	"back, except those called gauges.\n\n"
	"DPDK's own commands are there too: `/ethdev/stats`, `/ethdev/xstats`, `/mempool/info`, and from DPDK 23.03 "
	"on `/eal/lcore/info` shows how busy each worker is.\n\n"
	"## Capturing packets\n\n"
	"The standard `dpdk-dumpcap --file-prefix=sluice -i PORT -w FILE` shows the packets of a port. It is a DPDK "
	"secondary process: it maps sluice's memory from the files of its hugepages. It therefore works when "
	"hugepages are backed by files, and cannot work with `\"hugepages\": false` (`--no-huge`) or `\"in_memory\": "
	"true` (`--in-memory`), where there are no such files; capture on the kernel interface under the virtual "
	"device instead (`tcpdump -i IFACE`, not with AF_XDP, which takes every frame before the kernel sees it: "
	"capture on the other end of the veth).\n\n";

static void write_cell(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void write_row(FILE *out, const struct sl_tel_key *key)
{
	fprintf(out, "| `%s` | ", key->name);
	write_cell(out, key->help);
	fputs(" |\n", out);
}

static const char *counters_title(enum sl_tel_counters counters)
{
	static const char *const titles[] = {
		[SL_TEL_NO_COUNTERS] = "",
		[SL_TEL_WORKER_COUNTERS] = "Counters of a worker",
		[SL_TEL_FLOW_COUNTERS] = "Counters of a service or backend",
		[SL_TEL_CONTROL_COUNTERS] = "Counters of the control thread",
		[SL_TEL_DROP_CAUSES] = "Causes of drops",
		[SL_TEL_RELAY_COUNTERS] = "Counters of a relay",
		[SL_TEL_RELAY_INPUT_COUNTERS] = "Counters of a relay's input",
		[SL_TEL_RELAY_OUTPUT_COUNTERS] = "Counters of a relay's output",
	};
	return titles[counters];
}

static void write_keys(FILE *out, const struct sl_tel_key *keys, enum sl_tel_counters counters)
{
	if (keys != NULL) {
		fputs("| key | meaning |\n|---|---|\n", out);
		for (; keys->name != NULL; keys++)
			write_row(out, keys);
		fputc('\n', out);
	}
	if (counters != SL_TEL_NO_COUNTERS)
		fprintf(out, "%s all rows of \"%s\" below.\n\n", keys == NULL ? "Keys:" : "And",
			counters_title(counters));
}

static void write_command(FILE *out, const struct sl_tel_command *c)
{
	fprintf(out, "### `%s", c->name);
	if (c->max_params > 0)
		fprintf(out, ",%s", c->params);
	fprintf(out, "`\n\n%s.\n\n", c->help);
	if (c->keys != NULL || c->counters != SL_TEL_NO_COUNTERS)
		write_keys(out, c->keys, c->counters);
	if (c->rows != NULL) {
		fprintf(out, "Each row of `%s`:\n\n", c->rows);
		write_keys(out, c->row_keys, c->row_counters);
	}
}

void sl_telemetry_write_reference(FILE *out)
{
	static const enum sl_tel_counters sets[] = { SL_TEL_WORKER_COUNTERS, SL_TEL_FLOW_COUNTERS,
						     SL_TEL_CONTROL_COUNTERS, SL_TEL_DROP_CAUSES,
						     SL_TEL_RELAY_COUNTERS, SL_TEL_RELAY_INPUT_COUNTERS,
						     SL_TEL_RELAY_OUTPUT_COUNTERS };
	const struct sl_tel_command *c;

	fputs(intro, out);
	fputs("## Commands\n\n", out);
	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++)
		write_command(out, c);
	for (unsigned int s = 0; s < RTE_DIM(sets); s++) {
		fprintf(out, "## %s\n\n", counters_title(sets[s]));
		if (sets[s] == SL_TEL_WORKER_COUNTERS)
			fputs("For every worker, whenever no packet is in its hands: rx + injected + created + "
			      "handed_in = "
			      "tx + handed_out + consumed + drops + held. `/sluice/conservation` shows the terms.\n\n",
			      out);
		fputs("| name | meaning |\n|---|---|\n", out);
		for (unsigned int i = 0; i < sl_tel_counters_count(sets[s]); i++) {
			struct sl_tel_key key = sl_tel_counters_key(sets[s], i);
			write_row(out, &key);
		}
		fputc('\n', out);
	}
}
