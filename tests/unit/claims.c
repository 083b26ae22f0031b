/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims of kernel interfaces: seen by others while held, gone when released, all or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../app/sluice/claims.h"

static struct device_plans two_devices(const char *first, const char *second)
{
	struct device_plans devices = { .n = 2 };

	for (unsigned int i = 0; i < 2; i++) {
		struct device_plan *d = &devices.list[i];
		d->name = d->vdev = "net_af_packet0";
		snprintf(d->netdev, sizeof(d->netdev), "%s", i == 0 ? first : second);
	}
	return devices;
}

static void test_claims(void **state)
{
	struct device_plans devices = two_devices("claim-a", "claim-b"), overlap = two_devices("claim-c", "claim-b");
	struct claims claims, second;
	struct sl_problems problems;

	sl_problems_init(&problems);
	assert_int_equal(claims_owner("claim-a"), 0);
	assert_int_equal(claims_take(&claims, &devices, &problems), 0);
	assert_int_equal(claims_owner("claim-a"), getpid());
	assert_int_equal(claims_owner("claim-b"), getpid());
	assert_int_equal(claims_owner("claim"), 0); /* a longer name is another name */

	assert_int_equal(claims_take(&second, &overlap, &problems), -1);
	assert_int_equal(problems.count, 1);
	assert_int_equal(claims_owner("claim-c"), 0);

	claims_release(&claims);
	assert_int_equal(claims_owner("claim-a"), 0);
	sl_problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_claims) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
