/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of commands, and the way from the command line to one of them. */
#include "sluicectl.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 100

const struct ctl_option ctl_option_table[] = {
	{ "--file-prefix", "NAME", "of the process to ask, as in its EAL options (default: sluice)", 0 },
	{ "--json", NULL, "print the JSON instead of text", 0 },
	{ "--help", NULL, "print this text", 0 },
	{ "--version", NULL, "print the version of sluicectl", 0 },
	{ "--service", "NAME", "only flows of this service", CTL_SERVICE },
	{ "--client", "ADDRESS", "only flows of this client", CTL_CLIENT },
	{ "--protocol", "tcp|udp", "only flows of this protocol", CTL_PROTOCOL },
	{ "--limit", "N", "at most N flows (default: 100)", CTL_LIMIT },
	{ "--worker", "ID", "only this worker", CTL_WORKER },
	{ NULL, NULL, NULL, 0 },
};

const struct ctl_command ctl_command_table[] = {
	{ .name = "status",
	  .help = "version, uptime, ports, workers, services, flows and drops in short",
	  .gather = ctl_gather_status,
	  .render = ctl_render_status },
	{ .name = "services",
	  .argument = "[NAME]",
	  .help = "services and their backends with flows, packets and bytes",
	  .gather = ctl_gather_services,
	  .render = ctl_render_services },
	{ .name = "backends",
	  .argument = "[SERVICE]",
	  .help = "backends with weight, state, flows and answering time",
	  .gather = ctl_gather_backends,
	  .render = ctl_render_backends },
	{ .name = "flows",
	  .help = "flows one by one",
	  .options = CTL_SERVICE | CTL_CLIENT | CTL_PROTOCOL | CTL_LIMIT,
	  .gather = ctl_gather_flows,
	  .render = ctl_render_flows },
	{ .name = "drops",
	  .help = "dropped packets by cause, most first",
	  .options = CTL_WORKER,
	  .gather = ctl_gather_drops,
	  .render = ctl_render_drops },
	{ .name = "neighbours",
	  .help = "next hops and their Ethernet addresses",
	  .gather = ctl_gather_neighbours,
	  .render = ctl_render_neighbours },
	{ .name = "ports",
	  .help = "devices with link, queues and counters",
	  .gather = ctl_gather_ports,
	  .render = ctl_render_ports },
	{ .name = "workers",
	  .help = "workers with their place, load and counters",
	  .gather = ctl_gather_workers,
	  .render = ctl_render_workers },
	{ .name = "completion",
	  .argument = "bash",
	  .needs_argument = true,
	  .help = "print a completion script: source <(sluicectl completion bash)" },
	{ .name = "help", .help = "print this text" },
	{ .name = NULL },
};

static int usage_error(FILE *err, const char *what, const char *which)
{
	fprintf(err, "sluicectl: %s %s; see sluicectl help\n", what, which);
	return CTL_EXIT_USAGE;
}

static const struct ctl_command *find_command(const char *name)
{
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int set_limit(struct ctl_options *options, const char *value)
{
	char *end;

	if (*value < '0' || *value > '9')
		return -1;
	options->limit = strtoul(value, &end, 10);
	return *end == '\0' && options->limit > 0 ? 0 : -1;
}

static int set_option(struct ctl_options *options, const struct ctl_option *o, const char *value)
{
	switch (o->bit) {
	case CTL_SERVICE:
		options->service = value;
		break;
	case CTL_CLIENT:
		options->client = value;
		break;
	case CTL_PROTOCOL:
		options->protocol = value;
		return strcmp(value, "tcp") == 0 || strcmp(value, "udp") == 0 ? 0 : -1;
	case CTL_LIMIT:
		return set_limit(options, value);
	case CTL_WORKER:
		options->worker = value;
		break;
	default:
		if (o->value != NULL)
			options->file_prefix = value;
		else
			options->json = true; /* help and version have been looked for before */
	}
	return 0;
}

/* "--name value" or "--name=value". Moves *i over a value of its own; returns 0 or the exit status. */
static int parse_option(int argc, char **argv, int *i, struct ctl_options *options, unsigned int *given, FILE *err)
{
	const char *arg = argv[*i], *value = strchr(arg, '=');
	size_t length = value == NULL ? strlen(arg) : (size_t)(value++ - arg);
	const struct ctl_option *o = ctl_option_table;

	while (o->name != NULL && (strlen(o->name) != length || memcmp(o->name, arg, length) != 0))
		o++;
	if (o->name == NULL)
		return usage_error(err, "unknown option", arg);
	if (o->value == NULL && value != NULL)
		return usage_error(err, "no value goes with", o->name);
	if (o->value != NULL && value == NULL) {
		if (*i + 1 == argc)
			return usage_error(err, "a value is missing behind", o->name);
		value = argv[++*i];
	}
	if (set_option(options, o, value) != 0)
		return usage_error(err, "wrong value of", arg);
	*given |= o->bit;
	return 0;
}

/* Words that are not options: the command, then its argument. */
static int parse_word(const char *word, const struct ctl_command **command, struct ctl_options *options, FILE *err)
{
	if (*command == NULL) {
		*command = find_command(word);
		return *command == NULL ? usage_error(err, "unknown command", word) : 0;
	}
	if ((*command)->argument == NULL || options->argument != NULL)
		return usage_error(err, "one word too many:", word);
	options->argument = word;
	return 0;
}

static int parse(int argc, char **argv, const struct ctl_command **command, struct ctl_options *options, FILE *err)
{
	unsigned int given = 0;

	for (int i = 1; i < argc; i++) {
		int rc = argv[i][0] == '-' ? parse_option(argc, argv, &i, options, &given, err) :
					     parse_word(argv[i], command, options, err);
		if (rc != 0)
			return rc;
	}
	if (*command == NULL)
		return usage_error(err, "a command is missing,", "for example: sluicectl status");
	if ((*command)->needs_argument && options->argument == NULL)
		return usage_error(err, "an argument is missing behind", (*command)->name);
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++)
		if ((given & o->bit) != 0 && ((*command)->options & o->bit) == 0) {
			fprintf(err, "sluicectl: %s does not go with %s; see sluicectl help\n", o->name,
				(*command)->name);
			return CTL_EXIT_USAGE;
		}
	return 0;
}

static int ask_and_show(const struct ctl_command *command, const struct ctl_options *options, FILE *out, FILE *err)
{
	struct ctl_client *client = ctl_connect(options->file_prefix, err);
	json_t *value;

	if (client == NULL)
		return CTL_EXIT_FAILED;
	value = command->gather(client, options, err);
	ctl_disconnect(client);
	if (value == NULL)
		return CTL_EXIT_FAILED;
	if (options->json) {
		json_dumpf(value, out, JSON_INDENT(2));
		fputc('\n', out);
	} else {
		command->render(value, out);
	}
	json_decref(value);
	return 0;
}

/* --help and --version win over everything else on the line. */
static bool asked_for(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

int ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl_options options = { .file_prefix = "sluice", .limit = LIMIT_DEFAULT };
	const struct ctl_command *command = NULL;
	int rc;

	if (asked_for(argc, argv, "--help")) {
		ctl_write_help(out);
		return 0;
	}
	if (asked_for(argc, argv, "--version")) {
		fputs("sluicectl " SLUICE_VERSION "\n", out);
		return 0;
	}
	rc = parse(argc, argv, &command, &options, err);
	if (rc != 0)
		return rc;
	if (command->gather != NULL)
		return ask_and_show(command, &options, out, err);
	if (!command->needs_argument) {
		ctl_write_help(out);
		return 0;
	}
	if (strcmp(options.argument, "bash") != 0)
		return usage_error(err, "there is no completion for", options.argument);
	ctl_write_bash_completion(out);
	return 0;
}
