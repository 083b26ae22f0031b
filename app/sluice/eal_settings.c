/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "eal_settings.h"

static void add(struct eal_list *list, const char *item, const char *source, struct sl_problems *problems)
{
	if (list->n < EAL_ARGS_MAX)
		list->item[list->n++] = item;
	else
		sl_problem_add(problems, source, NULL, "\"%s\" is one too many: there is room for %u of its kind", item, EAL_ARGS_MAX);
}

/* Walks over arguments; `value` is that of the option last matched. */
struct cursor {
	char *const *args;
	int n, i;
	const char *value;
};

/* Is the current argument this option with a value: "-x V", "-xV", "--long V", "--long=V"? Moves to the value. */
static bool takes(struct cursor *c, const char *option)
{
	const char *arg = c->args[c->i];
	size_t length = strlen(option);
	bool is_long = option[1] == '-';

	if (strncmp(arg, option, length) != 0)
		return false;
	if (arg[length] == '\0') {
		c->value = c->i + 1 < c->n ? c->args[++c->i] : "";
		return true;
	}
	if (is_long && arg[length] != '=')
		return false;
	c->value = arg + length + is_long;
	return true;
}

static bool is(const struct cursor *c, const char *option)
{
	return strcmp(c->args[c->i], option) == 0;
}

/* -c: a hexadecimal mask of lcores, each on the CPU of its number. */
static void lcores_from_mask(struct eal_settings *s, const char *mask)
{
	size_t used = 0;
	unsigned int bit = 0;

	if (strncmp(mask, "0x", 2) == 0 || strncmp(mask, "0X", 2) == 0)
		mask += 2;
	s->lcores_text[0] = '\0';
	for (size_t i = strlen(mask); i-- > 0; bit += 4) {
		char digit[2] = { mask[i], '\0' };
		unsigned long value = strtoul(digit, NULL, 16);
		for (unsigned int k = 0; k < 4 && used < sizeof(s->lcores_text); k++)
			if (value & (1u << k))
				used += (size_t)snprintf(s->lcores_text + used, sizeof(s->lcores_text) - used, "%s%u",
							 used > 0 ? "," : "", bit + k);
	}
	s->lcores = (struct eal_setting){ s->lcores_text, "-c" };
}

static int amount(const char *option, const char *value, uint32_t *out, struct sl_problems *problems)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)value[0]) || *end != '\0' || n > INT_MAX) {
		sl_problem_add(problems, option, NULL, "\"%s\" is not a number", value);
		return -1;
	}
	*out = (uint32_t)n;
	return 0;
}

static bool apply_cpu(struct eal_settings *s, struct cursor *c, struct sl_problems *problems)
{
	uint32_t id;

	if (takes(c, "--lcores"))
		s->lcores = (struct eal_setting){ c->value, "--lcores" };
	else if (takes(c, "-l"))
		s->lcores = (struct eal_setting){ c->value, "-l" };
	else if (takes(c, "-c"))
		lcores_from_mask(s, c->value);
	else if (takes(c, "--main-lcore")) {
		if (amount("--main-lcore", c->value, &id, problems) == 0)
			s->main_lcore = id;
	} else
		return false;
	return true;
}

static bool apply_memory(struct eal_settings *s, struct cursor *c, struct sl_problems *problems)
{
	if (takes(c, "-m")) {
		amount("-m", c->value, &s->memory_mb, problems);
		s->memory_where = "-m";
		s->socket_mem = NULL;
	} else if (takes(c, "--socket-mem")) {
		s->socket_mem = c->value;
	} else if (is(c, "--no-huge")) {
		s->hugepages = false;
		s->in_memory = false;
		s->hugepages_where = "--no-huge";
	} else if (is(c, "--in-memory")) {
		s->hugepages = true;
		s->in_memory = true;
		s->hugepages_where = "--in-memory";
	} else if (takes(c, "--file-prefix")) {
		s->file_prefix = c->value;
	} else {
		return false;
	}
	return true;
}

static void apply(struct eal_settings *s, char *const *args, int n, const char *source, struct sl_problems *problems)
{
	bool vdevs_replaced = false;

	for (struct cursor c = { args, n, 0, NULL }; c.i < c.n; c.i++) {
		if (apply_cpu(s, &c, problems) || apply_memory(s, &c, problems))
			continue;
		if (takes(&c, "--vdev")) {
			if (!vdevs_replaced)
				s->vdevs.n = 0;
			vdevs_replaced = true;
			s->vdevs_where = source;
			add(&s->vdevs, c.value, source, problems);
		} else if (takes(&c, "-a") || takes(&c, "--allow")) {
			add(&s->pci, c.value, source, problems);
		} else if (is(&c, "--no-pci") || strncmp(args[c.i], "-b", 2) == 0 || strncmp(args[c.i], "--block", 7) == 0) {
			s->pci_closed = true;
			add(&s->rest, args[c.i], source, problems);
		} else {
			add(&s->rest, args[c.i], source, problems);
		}
	}
}

int eal_settings_init(struct eal_settings *s, const struct sl_config *config, char *const *args, int n_args,
		      const struct lcores_cpus *cpus, struct sl_problems *problems)
{
	const struct sl_config_dpdk *dpdk = &config->dpdk;
	unsigned int before = problems->count;

	memset(s, 0, sizeof(*s));
	s->lcores = (struct eal_setting){ dpdk->lcores, "/dpdk/lcores" };
	s->main_lcore = UINT_MAX;
	s->memory_mb = dpdk->memory_mb;
	s->memory_where = "/dpdk/memory_mb";
	s->hugepages = dpdk->hugepages;
	s->in_memory = dpdk->in_memory && dpdk->hugepages;
	s->hugepages_where = "/dpdk/hugepages";
	s->file_prefix = dpdk->file_prefix != NULL ? dpdk->file_prefix : "sluice";
	s->vdevs_where = "/dpdk/vdevs";
	for (unsigned int i = 0; i < dpdk->n_vdevs; i++)
		add(&s->vdevs, dpdk->vdevs[i], "/dpdk/vdevs", problems);
	apply(s, dpdk->eal_args, (int)dpdk->n_eal_args, "/dpdk/eal_args", problems);
	apply(s, args, n_args, "--vdev", problems);

	if (s->lcores.value == NULL) {
		lcores_choose(cpus, config->workers, s->lcores_text, sizeof(s->lcores_text));
		s->lcores.value = s->lcores_text;
	}
	return problems->count == before ? 0 : -1;
}

bool eal_is_pci_address(const char *device)
{
	static const char form[] = "xxxx:xx:xx.x";

	for (unsigned int i = 0; i < sizeof(form); i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)device[i]) : device[i] != form[i])
			return false;
	return true;
}

const char *eal_settings_vdev(const struct eal_settings *settings, const char *device)
{
	size_t length = strlen(device);

	for (unsigned int i = 0; i < settings->vdevs.n; i++) {
		const char *vdev = settings->vdevs.item[i];
		if (strncmp(vdev, device, length) == 0 && (vdev[length] == ',' || vdev[length] == '\0'))
			return vdev;
	}
	return NULL;
}

bool eal_vdev_is_unused(const char *vdev, const struct sl_config *config)
{
	const char *names[SL_MAX_PORTS];
	unsigned int n = sl_config_device_names(config, names);
	size_t length = strcspn(vdev, ",");

	if (strncmp(vdev, "net_", 4) != 0 && strncmp(vdev, "eth_", 4) != 0)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (strlen(names[i]) == length && strncmp(vdev, names[i], length) == 0)
			return false;
	return true;
}
