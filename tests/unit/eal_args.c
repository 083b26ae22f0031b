/* SPDX-License-Identifier: BSD-3-Clause */
/* File and command line -> arguments for EAL; the lcore syntax and sluice's own choice of lcores. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../app/sluice/device_plan.h"
#include "../../app/sluice/lcores.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static cpu_set_t cpus(unsigned int mask)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned int i = 0; i < 32; i++)
		if (mask & (1u << i))
			CPU_SET(i, &set);
	return set;
}

/* Interfaces called veth0 and veth1 have no device behind them. */
static int fake_netdev(const char *name, struct netdev_facts *facts)
{
	*facts = (struct netdev_facts){ .up = true, .mtu = 1500, .virtual = strncmp(name, "veth", 4) == 0 };
	return 0;
}

/* The whole argument vector in one line, as a person would type it. Interfaces are on net_null0 and `second`. */
static void check_devices(const char *second, const char *dpdk, char *const *args, int n_args, const char *expected)
{
	char json[1024], line[1024] = "";
	struct sl_problems problems;
	struct eal_settings settings;
	struct eal_arguments arguments;
	struct device_plans plans;
	const struct machine machine = { .sys = "/nonexistent", .netdev = fake_netdev };
	const uint32_t node_mb[1] = { 40 };
	const struct lcores_cpus set = { .usable = cpus(3) };

	sl_problems_init(&problems);
	snprintf(json, sizeof(json), "{\"version\":1,\"dpdk\":{%s},\"workers\":1,\"interfaces\":["
		 "{\"name\":\"a\",\"device\":\"net_null0\",\"addresses\":[\"192.0.2.1/24\"]},"
		 "{\"name\":\"b\",\"device\":\"%s\",\"addresses\":[\"10.0.0.1/24\"]}]}", dpdk, second);
	struct sl_config *config = sl_config_parse(json, strlen(json), &problems);
	if (config == NULL)
		sl_problems_print(&problems, stderr);
	assert_non_null(config);
	assert_int_equal(eal_settings_init(&settings, config, args, n_args, &set, &problems), 0);
	device_plans_build(&plans, config, &settings, &machine);
	eal_arguments_build(&arguments, &settings, config, &plans, node_mb, 1);
	for (int i = 0; i < arguments.argc; i++) {
		if (strncmp(arguments.argv[i], "--log-level=", 12) == 0 && strstr(arguments.argv[i], "*:error") != NULL)
			continue; /* always there */
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i > 0 ? " " : "", arguments.argv[i]);
	}
	assert_string_equal(line, expected);
	eal_arguments_fini(&arguments);
	sl_config_destroy(config);
	sl_problems_fini(&problems);
}

static void check(const char *dpdk, char *const *args, int n_args, const char *expected)
{
	check_devices("0000:01:00.0", dpdk, args, n_args, expected);
}

#define ARGS(...) ((char *const[]){ __VA_ARGS__ })

static void test_from_file(void **state)
{
	check("\"vdevs\":[\"net_null0\"]", NULL, 0,
	      "sluice --lcores=0@0,1@1 --file-prefix=sluice -m 40 --allow=0000:01:00.0 --vdev=net_null0");
	check("\"vdevs\":[\"net_null0\"],\"hugepages\":false,\"file_prefix\":\"p\"", NULL, 0,
	      "sluice --lcores=0@0,1@1 --file-prefix=p --no-huge --no-shconf -m 40 --allow=0000:01:00.0 --vdev=net_null0");
	check("\"vdevs\":[\"net_null0\"],\"in_memory\":true,\"memory_mb\":99,\"lcores\":\"2@0,3@1\"", NULL, 0,
	      "sluice --lcores=2@0,3@1 --file-prefix=sluice --in-memory -m 99 --allow=0000:01:00.0 --vdev=net_null0");
	check_devices("net_null1", "\"vdevs\":[\"net_null0\",\"net_null1\"],\"eal_args\":[\"--iova-mode=pa\"]", NULL, 0,
		      "sluice --lcores=0@0,1@1 --file-prefix=sluice -m 40 --no-pci --iova-mode=va --vdev=net_null0 "
		      "--vdev=net_null1 --iova-mode=pa");
}

/* What the user does not say of a virtual device is chosen to fit what it sits on; what the user says stays. */
static void test_vdev_defaults(void **state)
{
	static const struct {
		const char *vdev, *added;
	} rows[] = {
		{ "net_af_packet1,iface=eth0", ",framecnt=2048" },
		{ "net_af_packet1,iface=eth0,qpairs=2", ",framecnt=1024" },
		{ "net_af_packet1,iface=eth0,qpairs=3", ",framecnt=512" },
		{ "net_af_packet1,iface=eth0,qpairs=64", ",framecnt=512" },
		{ "net_af_packet1,iface=eth0,framesz=4096", ",framecnt=1024" },
		{ "net_af_packet1,iface=eth0,framesz=0", ",framecnt=4194304" }, /* which the driver refuses */
		{ "net_af_packet1,iface=eth0,framecnt=64", "" },
		{ "net_af_packet1,iface=eth0,framecnt=0", "" }, /* refused, too */
		{ "net_af_xdp1,iface=eth0", "" },
		{ "net_af_xdp1,iface=veth0", ",busy_budget=0" },
		{ "net_af_xdp1,iface=veth0,busy_budget=32", "" },
		{ "net_pcap1,iface=veth0", "" },
		{ "net_memif1", "" },
	};
	char dpdk[128], expected[256], name[32];

	for (size_t i = 0; i < N(rows); i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(rows[i].vdev, ","), rows[i].vdev);
		snprintf(dpdk, sizeof(dpdk), "\"vdevs\":[\"net_null0\",\"%s\"]", rows[i].vdev);
		snprintf(expected, sizeof(expected), "sluice --lcores=0@0,1@1 --file-prefix=sluice -m 40 --no-pci --iova-mode=va "
			 "--vdev=net_null0 --vdev=%s%s", rows[i].vdev, rows[i].added);
		check_devices(name, dpdk, NULL, 0, expected);
	}
}

/* Nothing of a long command line is dropped without a word. */
static void test_too_many(void **state)
{
	const struct lcores_cpus set = { .usable = cpus(3) };
	static const char json[] = "{\"version\":1,\"interfaces\":[{\"name\":\"a\",\"device\":\"net_null0\",\"addresses\":[\"192.0.2.1/24\"]}]}";
	struct sl_problems problems;
	struct eal_settings settings;
	char *args[EAL_ARGS_MAX + 1], text[] = "--some";

	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse(json, strlen(json), &problems);
	sl_problems_print(&problems, stderr);
	assert_non_null(config);
	for (unsigned int i = 0; i < RTE_DIM(args); i++)
		args[i] = text;
	assert_int_equal(eal_settings_init(&settings, config, args, EAL_ARGS_MAX, &set, &problems), 0);
	assert_int_equal(eal_settings_init(&settings, config, args, EAL_ARGS_MAX + 1, &set, &problems), -1);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].what, "\"--some\" is one too many: there is room for 128 of its kind");
	sl_config_destroy(config);
	sl_problems_fini(&problems);
}

static void test_command_line_wins(void **state)
{
	const char *file = "\"vdevs\":[\"net_null0\",\"net_null9\"],\"hugepages\":false,\"memory_mb\":99,\"lcores\":\"0@0,1@0\"";

	check(file, ARGS("-l", "1-2", "-m64", "--file-prefix", "q"), 5,
	      "sluice --lcores=1-2 --file-prefix=q --no-huge --no-shconf -m 64 --allow=0000:01:00.0 --vdev=net_null0");
	check(file, ARGS("-c", "0x5", "--in-memory"), 3,
	      "sluice --lcores=0,2 --file-prefix=sluice --in-memory -m 99 --allow=0000:01:00.0 --vdev=net_null0");
	check(file, ARGS("--vdev=net_null0,size=64", "--lcores=0@0,1@1", "--main-lcore", "1"), 4,
	      "sluice --lcores=0@0,1@1 --main-lcore=1 --file-prefix=sluice --no-huge --no-shconf -m 99 "
	      "--allow=0000:01:00.0 --vdev=net_null0,size=64");
	check(file, ARGS("-a", "0000:01:00.0,arg=1", "--socket-mem=64", "--log-level", "lib.eal:8"), 5,
	      "sluice --lcores=0@0,1@0 --file-prefix=sluice --no-huge --no-shconf --socket-mem=64 "
	      "--allow=0000:01:00.0,arg=1 --vdev=net_null0 --log-level lib.eal:8");
	check(file, ARGS("--no-pci"), 1,
	      "sluice --lcores=0@0,1@0 --file-prefix=sluice --no-huge --no-shconf -m 99 --vdev=net_null0 --no-pci");
}

static void test_lcores_parse(void **state)
{
	static const struct {
		const char *text;
		int n; /* -1: refused */
		unsigned int id[4], cpus[4];
	} lines[] = {
		{ "0@0,1@1", 2, { 0, 1 }, { 1, 2 } },
		{ "0@0,1@0,2@1", 3, { 0, 1, 2 }, { 1, 1, 2 } },
		{ "0-2", 3, { 0, 1, 2 }, { 1, 2, 4 } },
		{ "3,1", 2, { 1, 3 }, { 2, 8 } },
		{ "(0,6)", 2, { 0, 6 }, { 0x41, 0x41 } },
		{ "1,2@(5-7),(3-4)@(0,2)", 4, { 1, 2, 3, 4 }, { 2, 0xe0, 5, 5 } },
		{ "", -1, { 0 }, { 0 } },
		{ "0@", -1, { 0 }, { 0 } },
		{ "0,,1", -1, { 0 }, { 0 } },
		{ "2-1", -1, { 0 }, { 0 } },
		{ "(0,1", -1, { 0 }, { 0 } },
		{ "0@0,0@1", -1, { 0 }, { 0 } },
		{ "0x1", -1, { 0 }, { 0 } },
		{ "128", -1, { 0 }, { 0 } },
	};
	struct lcores lcores;

	for (unsigned int i = 0; i < N(lines); i++) {
		int result = lcores_parse(lines[i].text, &lcores);
		assert_int_equal(result, lines[i].n < 0 ? -1 : 0);
		for (int k = 0; k < lines[i].n; k++) {
			cpu_set_t expected = cpus(lines[i].cpus[k]);
			assert_int_equal(lcores.n, lines[i].n);
			assert_int_equal(lcores.list[k].id, lines[i].id[k]);
			assert_true(CPU_EQUAL(&lcores.list[k].cpus, &expected));
		}
	}
}

static void test_lcores_choose(void **state)
{
	static const struct {
		unsigned int cpus, near, isolated, workers;
		const char *text;
	} lines[] = {
		{ 0x1, 0, 0, 1, "0@0,1@0" }, /* a machine with one CPU starts too */
		{ 0x3, 0, 0, 1, "0@0,1@1" },
		{ 0x3, 0, 0, 2, "0@0,1@1,2@0" },
		{ 0x2, 0, 0, 2, "0@1,1@1,2@1" },
		{ 0xd, 0, 0, 2, "0@0,1@2,2@3" },
		{ 0xd, 0xd, 0, 2, "0@0,1@2,2@3" }, /* all of them are near */
		{ 0xf, 0xc, 0, 1, "0@2,1@3" },
		{ 0xf, 0xc, 0, 2, "0@0,1@2,2@3" }, /* near ones for the workers only */
		{ 0xf, 0xc, 0, 3, "0@0,1@2,2@3,3@1" },
		{ 0xf, 0xc, 0, 5, "0@0,1@2,2@3,3@1,4@2,5@3" },
		{ 0x3, 0xc, 0, 1, "0@0,1@1" }, /* the near ones are not ours to use */
		{ 0xf, 0, 0xc, 1, "0@0,1@2" }, /* isolated ones for the workers only */
		{ 0xf, 0, 0xc, 3, "0@0,1@2,2@3,3@1" },
		{ 0xc, 0, 0xc, 1, "0@2,1@3" }, /* all there are */
		{ 0xf, 0xc, 0x8, 1, "0@2,1@3" },
		{ 0xf, 0xc, 0x8, 2, "0@0,1@3,2@2" },
		{ 0xf, 0xc, 0xa, 3, "0@0,1@3,2@2,3@1" },
		{ 0xff, 0xf0, 0xee, 2, "0@4,1@5,2@6" },
	};
	struct lcores lcores;
	char text[256];

	for (unsigned int i = 0; i < N(lines); i++) {
		const struct lcores_cpus set = { cpus(lines[i].cpus), cpus(lines[i].near), cpus(lines[i].isolated) };
		lcores_choose(&set, lines[i].workers, text, sizeof(text));
		assert_string_equal(text, lines[i].text);
	}
	assert_int_equal(lcores_parse("0@0,1@0,2@1", &lcores), 0);
	assert_int_equal(lcores_worker(&lcores, 0, 1)->id, 2);
	assert_int_equal(lcores_worker(&lcores, 1, 0)->id, 0); /* --main-lcore 1 */
	assert_null(lcores_worker(&lcores, 0, 2));
}

static void test_pci_address(void **state)
{
	assert_true(eal_is_pci_address("0000:01:00.0"));
	assert_false(eal_is_pci_address("01:00.0"));
	assert_false(eal_is_pci_address("0000:01:00.0,x"));
	assert_false(eal_is_pci_address("net_null0"));
	assert_false(eal_is_pci_address(""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_file),     cmocka_unit_test(test_vdev_defaults), cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_command_line_wins), cmocka_unit_test(test_lcores_parse),  cmocka_unit_test(test_lcores_choose),
		cmocka_unit_test(test_pci_address),
	};

	return cmocka_run_group_tests_name("eal_args", tests, NULL, NULL);
}
