/* SPDX-License-Identifier: BSD-3-Clause */
/* What is removed goes with its last flow: said when it is gone, and tried less often when it cannot go. */
#include <stdio.h>
#include <string.h>

#include "control_fixture.h"

#include "../../lib/control/publish.h"
#include "../../lib/control/reload.h"

static unsigned int n_drained, n_prepared;

void __wrap_sl_log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void __wrap_sl_log_info(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	n_drained += strstr(text, " drained") != NULL;
}

int __wrap_sl_companions_prepare(struct sl_control *control, const struct sl_snapshot *next, const struct sl_config *config,
				 struct sl_problems *problems);
int __wrap_sl_companions_prepare(struct sl_control *control, const struct sl_snapshot *next, const struct sl_config *config,
				 struct sl_problems *problems)
{
	(void)control, (void)next, (void)config, (void)problems;
	n_prepared++;
	return 0;
}

static void reload(struct lab *lab, const char *text)
{
	write_file(lab, text);
	pthread_mutex_lock(&lab->control->lock);
	sl_control_reload(lab->control);
	pthread_mutex_unlock(&lab->control->lock);
}

static void a_failed_burial_is_no_burial(void **state)
{
	struct lab *lab = *state;

	reload(lab, ONE_BACKEND);
	assert_int_equal(web(lab)->n_draining, 1);
	n_drained = n_prepared = 0;
	char *device = lab->control->config->interfaces[0].device;
	device[0]++; /* there is no such port */
	for (uint64_t s = 2; s <= 256; s *= 2)
		assert_int_equal(sl_control_bury(lab->control), (s < 64 ? s : 64) * S);
	device[0]--;
	assert_int_equal(n_drained, 0);
	assert_int_equal(web(lab)->n_draining, 1);

	assert_int_equal(sl_control_bury(lab->control), S);
	assert_int_equal(n_drained, 1);
	assert_int_equal(web(lab)->n_draining, 0);
	assert_int_equal(sl_control_bury(lab->control), S);
	assert_int_equal(n_drained, 1);
	assert_int_equal(n_prepared, 0); /* who has deleted a companion has not made burials impossible */
}

/* Of a service, its addresses and its backends; what comes back has not drained. */
static void each_is_told_once(void **state)
{
	struct lab *lab = *state;

	n_drained = 0;
	reload(lab, ONE_BACKEND);
	reload(lab, TWO_BACKENDS);
	assert_int_equal(n_drained, 0);
	reload(lab, NO_SERVICE);
	assert_int_equal(n_drained, 0);
	sl_control_bury(lab->control);
	assert_int_equal(n_drained, 1);
	assert_null(web(lab));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_failed_burial_is_no_burial, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(each_is_told_once, lab_up, lab_down),
	};

	test_eal_init("bury");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
